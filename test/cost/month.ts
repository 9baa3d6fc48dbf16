import { addCounts, type Counted, type Counts, NOTHING } from './counts.ts';
import { PRICES, type Priced } from './prices.ts';
import type { Scenario } from './scenarios.ts';

export interface Size {
  readonly repositories: number;
  readonly agents: number;
  /** Between two polls of an agent. */
  readonly pollSeconds: number;
}

/** What cannot be counted here. Durations are of warm functions on Lambda, forges' answers included, and guessed. */
export const ASSUMED = {
  days: 30,
  /** Of one repository: nine of ten have one commit, the tenth has ten. */
  pushesPerDay: 10,
  locksPerMonth: 1,
  /** Of the source of a delivery, which is remembered for a minute: pushes come less often. */
  sourceReads: 3,
  sweepSeconds: 300,
  seconds: { webhook: 0.03, verify: 0.6, poll: 0.006, compareRefs: 0.3 },
  gigabytes: { webhook: 0.5, verify: 1769 / 1024, poll: 0.5, compareRefs: 0.5 },
  /** Lambda's own lines and ours of one invocation; of a poll only what fails is logged. */
  logBytes: { webhook: 1_500, verify: 2_500, poll: 0, compareRefs: 2_000 },
  accessLogBytes: 250,
  answerBytes: { changed: 1_600, unchanged: 500 },
  /** What a push leaves in the table for ever. */
  storedBytesPerPush: 4_000,
  months: 12,
  /** Lambda polls an idle queue by five long polls of twenty seconds each (AWS Compute Blog; `with-sqs` of Lambda's guide). */
  pollersPerQueue: 5,
  longPollSeconds: 20,
  queues: { fifo: 2, standard: 1 },
  keys: 3,
  /** Data keys of three encrypted queues, and of the table for each function, asked for again every five minutes. */
  dataKeys: 3 * 3 + 6,
  dataKeySeconds: 300,
  metrics: 40,
  alarms: 30,
  dashboards: 1,
} as const;

const GB = 1024 ** 3;

/** How much of everything a month takes. */
export function quantitiesOf(
  { repositories, agents, pollSeconds }: Size,
  counted: Readonly<Record<Scenario, Counts>>,
): Readonly<Record<Priced, number>> {
  const { days, seconds, gigabytes, logBytes, queues } = ASSUMED;
  const month = days * 86_400;
  const pushes = repositories * days * ASSUMED.pushesPerDay;
  const locks = repositories * ASSUMED.locksPerMonth;
  const sweeps = month / ASSUMED.sweepSeconds;
  const turns = repositories * sweeps;
  const polls = (agents * month) / pollSeconds;
  const changed = agents * days * ASSUMED.pushesPerDay;
  const happened: readonly [Scenario, number][] = [
    ['push of 1 commit', pushes * 0.9],
    ['push of 10 commits', pushes * 0.1],
    ['push that locks', locks],
    ['poll, changed (200)', changed],
    ['poll, unchanged (304)', polls - changed],
    ['sweep of one repository', turns],
  ];
  const all = happened.reduce((sum, [scenario, times]) => addCounts(sum, counted[scenario], times), NOTHING);
  // One sweep lists the repositories for all turns of it.
  const shared = turns - sweeps;
  const counts: Record<Counted, number> = { ...all };
  counts.invocations -= shared;
  counts.reads -= shared;
  counts.readUnits -= shared;
  counts.readUnits += (pushes + locks) * ASSUMED.sourceReads;
  const idle = (month / ASSUMED.longPollSeconds) * ASSUMED.pollersPerQueue;
  const use = (each: Readonly<Record<keyof typeof seconds, number>>) =>
    (pushes + locks) * (each.webhook + each.verify) + polls * each.poll + turns * each.compareRefs;
  return {
    gateway: Math.min(counts.gateway, 3e8),
    gatewayMore: Math.max(0, counts.gateway - 3e8),
    invocations: counts.invocations,
    compute: use({
      webhook: seconds.webhook * gigabytes.webhook,
      verify: seconds.verify * gigabytes.verify,
      poll: seconds.poll * gigabytes.poll,
      compareRefs: seconds.compareRefs * gigabytes.compareRefs,
    }),
    readUnits: counts.readUnits,
    writeUnits: counts.writeUnits,
    storage: (pushes * ASSUMED.storedBytesPerPush * ASSUMED.months) / GB,
    fifo: counts.fifo + queues.fifo * idle,
    standard: counts.standard + queues.standard * idle,
    key: ASSUMED.keys,
    kms: counts.kms + (ASSUMED.dataKeys * month) / ASSUMED.dataKeySeconds,
    signatures: counts.signatures,
    alerts: counts.alerts,
    logs: (use(logBytes) + counts.gateway * ASSUMED.accessLogBytes) / GB,
    metric: ASSUMED.metrics,
    alarm: ASSUMED.alarms,
    dashboard: ASSUMED.dashboards,
    transfer: (changed * ASSUMED.answerBytes.changed + (polls - changed) * ASSUMED.answerBytes.unchanged) / GB,
  };
}

export function dollarsOf(quantities: Readonly<Record<Priced, number>>): Readonly<Record<Priced, number>> {
  const names = Object.keys(PRICES) as Priced[];
  const priced = names.map((name) => [name, (quantities[name] / PRICES[name].per) * PRICES[name].usd] as const);
  return Object.fromEntries(priced) as Record<Priced, number>;
}
