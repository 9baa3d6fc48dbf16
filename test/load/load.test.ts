import { expect, it } from 'vitest';
import { SHORT_PLAN } from './plans.ts';
import { listFaults, runLoad } from './run-load.ts';

// Trust rules 5.2, 5.5 and 6.3 under load; `npm run load` does the same for minutes, and prints how fast it was.
it('loses no push, refuses no delivery and answers no poll wrongly', async () => {
  const report = await runLoad(SHORT_PLAN);
  expect(listFaults(report)).toEqual([]);
  const { webhooks, polls, together } = report;
  expect(webhooks.report.pushes + together.webhooks.report.pushes).toBeGreaterThan(3);
  expect(polls.report.notModified).toBeGreaterThan(0);
  expect(webhooks.decisions).toBeLessThanOrEqual(webhooks.report.count);
});
