import { createHttpClient } from './http-client.ts';
import { loadPolls, type PollLoad, type PollReport } from './polls.ts';
import { type Settled, untilPublished } from './settle.ts';
import { loadWebhooks, type WebhookLoad, type WebhookReport } from './webhooks.ts';
import { createLoadWorld, type LoadWorld } from './world.ts';

export interface LoadPlan {
  readonly repositories: number;
  readonly webhooks: WebhookLoad;
  readonly polls: PollLoad;
  /** Both at once. */
  readonly together: { readonly webhooks: WebhookLoad; readonly polls: PollLoad };
}

/** What one load came to. */
export interface Measured<Report> {
  readonly report: Report;
  /** Processor time of the instance for each request, decisions included, in milliseconds. */
  readonly processorMs: number;
}

export interface PushedLoad extends Measured<WebhookReport> {
  readonly decisions: number;
  /** After the last delivery was answered. */
  readonly settled: Settled;
}

export interface LoadReport {
  readonly webhooks: PushedLoad;
  readonly polls: Measured<PollReport>;
  readonly together: { readonly webhooks: PushedLoad; readonly polls: Measured<PollReport> };
}

export async function runLoad(plan: LoadPlan): Promise<LoadReport> {
  const pushes = pushesOf(plan.webhooks, plan) + pushesOf(plan.together.webhooks, plan);
  const world = await createLoadWorld(plan.repositories, pushes);
  const http = createHttpClient(world.instance.origin);
  try {
    await untilPublished(world, http);
    const webhooks = await push(world, plan.webhooks);
    const polls = await measure(world, loadPolls(world, http, plan.polls));
    const pollsBeside = createHttpClient(world.instance.origin);
    const beside = measure(world, loadPolls(world, pollsBeside, plan.together.polls));
    const [webhooksBeside, pollsThen] = await Promise.all([push(world, plan.together.webhooks), beside]);
    pollsBeside.close();
    return { webhooks, polls, together: { webhooks: webhooksBeside, polls: pollsThen } };
  } finally {
    http.close();
    await world.close();
  }
}

/** How many each repository makes at most. */
function pushesOf({ perSecond, seconds, noticesPerPush }: WebhookLoad, { repositories }: LoadPlan): number {
  return Math.ceil((perSecond * seconds) / repositories / noticesPerPush);
}

async function push(world: LoadWorld, load: WebhookLoad): Promise<PushedLoad> {
  const { instance } = world;
  const http = createHttpClient(instance.origin);
  const [before, start] = [await instance.countDecisions(), instance.processorMs()];
  const report = await loadWebhooks(world, http, load);
  const settled = await untilPublished(world, http);
  http.close();
  const decisions = (await instance.countDecisions()) - before;
  return { report, decisions, settled, processorMs: (instance.processorMs() - start) / report.count };
}

async function measure<Report extends { readonly count: number }>(
  { instance }: LoadWorld,
  load: Promise<Report>,
): Promise<Measured<Report>> {
  const start = instance.processorMs();
  const report = await load;
  return { report, processorMs: (instance.processorMs() - start) / report.count };
}

/** What was lost, refused or answered wrongly: nothing else fails a load, for how fast it went is the machine's. */
export function listFaults({ webhooks, polls, together }: LoadReport): readonly string[] {
  return [webhooks, together.webhooks]
    .flatMap(({ report, settled }) => [
      ...report.refused.map((answer) => `A delivery was answered ${answer}`),
      ...settled.lost.map((name) => `The last push of ${name} was never published.`),
    ])
    .concat([polls, together.polls].flatMap(({ report }) => report.wrong.map((what) => `A poll was answered ${what}`)));
}
