import { loadavg } from 'node:os';
import { PLAN, SHORT_PLAN } from './plans.ts';
import { listFaults, type Measured, type PushedLoad, runLoad } from './run-load.ts';
import type { Timing } from './steady-rate.ts';

const plan = process.argv.includes('--short') ? SHORT_PLAN : PLAN;
const before = loadavg()[0] ?? 0;
const report = await runLoad(plan);
const { webhooks, polls, together } = report;

console.log(`${plan.repositories} repositories; the generator runs beside the instance on the same machine.`);
console.log(`Load average before: ${before.toFixed(2)}, after: ${loadavg()[0]?.toFixed(2)}.`);
console.table({
  webhooks: describe(webhooks, plan.webhooks),
  polls: describe(polls, plan.polls),
  'webhooks beside polls': describe(together.webhooks, plan.together.webhooks),
  'polls beside webhooks': describe(together.polls, plan.together.polls),
});
console.log(`Webhooks alone: ${describePushes(webhooks)}`);
console.log(`Beside polls: ${describePushes(together.webhooks)}`);
console.log(`304 without a body: ${polls.report.notModified} of ${polls.report.count} polls.`);
const faults = listFaults(report);
console.log(faults.length === 0 ? 'Nothing was lost, refused or answered wrongly.' : faults.slice(0, 20).join('\n'));
process.exitCode = faults.length === 0 ? 0 : 1;

function describe({ report, processorMs }: Measured<Timing>, { perSecond }: { readonly perSecond: number }) {
  const { count, seconds, p50, p99 } = report;
  return {
    'asked/s': Math.round(perSecond),
    'answered/s': Math.round(count / seconds),
    count,
    'p50 ms': Math.round(p50),
    'p99 ms': Math.round(p99),
    'processor ms each': Number(processorMs.toFixed(2)),
  };
}

function describePushes({ report, decisions, settled }: PushedLoad): string {
  const { pushes, count } = report;
  return `${pushes} pushes told of by ${count} deliveries led to ${decisions} decisions; all published ${settled.seconds.toFixed(1)} s after the last answer.`;
}
