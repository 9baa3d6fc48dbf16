import { createHmac, randomUUID } from 'node:crypto';
import type { HttpClient } from './http-client.ts';
import type { LoadedRepository } from './loaded-repository.ts';
import { runAtRate, type Timing } from './steady-rate.ts';
import type { LoadWorld } from './world.ts';

export interface WebhookLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** One in so many deliveries tells of a new push; the others tell once more of the latest. */
  readonly noticesPerPush: number;
}

export interface WebhookReport extends Timing {
  readonly pushes: number;
  /** Answers that were not 202. */
  readonly refused: readonly string[];
}

/**
 * Deliveries as GitHub signs them, each repository in turn, of pushes that are really made meanwhile. Each tells of the latest
 * push that is there; the last one of each repository comes after its last push.
 */
export async function loadWebhooks(world: LoadWorld, http: HttpClient, load: WebhookLoad): Promise<WebhookReport> {
  const { repositories } = world;
  const total = Math.round(load.perSecond * load.seconds);
  const lastRound = total - repositories.length;
  const refused: string[] = [];
  /** What each repository's latest push changed. */
  const latest = new Map<LoadedRepository, Change>();
  /** The pushes of each repository, one after the other. */
  const pushing = new Map<LoadedRepository, Promise<void>>();
  let pushes = 0;
  const push = async (repository: LoadedRepository) => {
    await pushing.get(repository);
    const change = await repository.push();
    if (change === null) return;
    latest.set(repository, change);
    pushes += 1;
  };
  const timing = await runAtRate(load.perSecond, load.seconds, async (index) => {
    const repository = repositories[index % repositories.length] as LoadedRepository;
    const isPush = Math.floor(index / repositories.length) % load.noticesPerPush === 0;
    if (isPush && index < lastRound) {
      const pushed = push(repository);
      pushed.catch(() => {}); // Whoever awaits the last one hears of it.
      pushing.set(repository, pushed);
    }
    if (index >= lastRound) await pushing.get(repository);
    const { status, body } = await http.ask(sign(world, repository, latest.get(repository) ?? anchored(repository)));
    if (status !== 202) refused.push(`${status} ${body.toString()}`);
  });
  return { ...timing, pushes, refused };
}

type Change = { readonly before: string; readonly after: string };

function anchored({ commits: [anchor] }: LoadedRepository): Change {
  return { before: anchor ?? '', after: anchor ?? '' };
}

function sign({ gitUrl, secret }: LoadWorld, { name }: LoadedRepository, change: Change) {
  const cloneUrl = `${gitUrl}/${name}.git`;
  const repository = { name, full_name: `load/${name}`, clone_url: cloneUrl, default_branch: 'main' };
  const body = Buffer.from(
    JSON.stringify({ ref: 'refs/heads/main', ...change, created: false, deleted: false, repository }),
  );
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
  return { method: 'POST', path: `/webhooks/${name}`, headers, body } as const;
}
