import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClient } from './http-client.ts';
import type { LoadWorld } from './world.ts';

export interface Settled {
  readonly seconds: number;
  /** Repositories whose last push was not published. */
  readonly lost: readonly string[];
}

/** Far more than it takes; what is lost never comes. */
const PATIENCE_MS = 240_000;

/** Until the tip of every repository is published. Sweeps come every five minutes: none can stand in for a hint that was lost. */
export async function untilPublished({ repositories, token }: LoadWorld, http: HttpClient): Promise<Settled> {
  const start = performance.now();
  const left = new Set(repositories);
  const headers = { authorization: `Bearer ${token}` };
  while (left.size > 0 && performance.now() - start < PATIENCE_MS) {
    for (const repository of left) {
      const path = `/v1/repositories/${repository.name}/trusted-revision?branch=main`;
      const { status, body } = await http.ask({ method: 'GET', path, headers });
      const { revision, lock } = status === 200 ? JSON.parse(body.toString()) : { revision: null, lock: null };
      if (revision === repository.commits[repository.pushed - 1] && lock === null) left.delete(repository);
    }
    if (left.size > 0) await delay(50);
  }
  return { seconds: (performance.now() - start) / 1000, lost: [...left].map(({ name }) => name) };
}
