import type { LoadPlan } from './run-load.ts';

/** 10,000 webhooks in a minute over 50 repositories, 1,000 polls a second for half a minute, then both at a quarter of that. */
export const PLAN: LoadPlan = {
  repositories: 50,
  webhooks: { perSecond: 10_000 / 60, seconds: 60, noticesPerPush: 20 },
  polls: { perSecond: 1_000, seconds: 30, agents: 500 },
  together: {
    webhooks: { perSecond: 10_000 / 240, seconds: 20, noticesPerPush: 8 },
    polls: { perSecond: 250, seconds: 20, agents: 500 },
  },
};

/** The same in kind, within seconds. */
export const SHORT_PLAN: LoadPlan = {
  repositories: 3,
  webhooks: { perSecond: 40, seconds: 1, noticesPerPush: 5 },
  polls: { perSecond: 100, seconds: 1, agents: 9 },
  together: {
    webhooks: { perSecond: 15, seconds: 1, noticesPerPush: 3 },
    polls: { perSecond: 50, seconds: 1, agents: 9 },
  },
};
