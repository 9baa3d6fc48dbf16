import { setTimeout } from 'node:timers/promises';
import { type Publication, publicationSchema } from '../../functions/trusted-revision/response-schemas.ts';

export interface PolledApi {
  readonly url: string;
  readonly token: string;
}

const INTERVAL_MS = 5;

/**
 * Polls a branch until it is as expected, without its entity tag: a 304 may be a second old, and would be what is measured.
 * @returns what is published then, or at the end of the time
 */
export async function pollPublication(
  { url, token }: PolledApi,
  isExpected: (publication: Publication) => boolean,
  timeoutMs: number,
): Promise<Publication | null> {
  const deadline = performance.now() + timeoutMs;
  let latest: Publication | null = null;
  while (performance.now() < deadline) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const body = await response.text();
    if (response.status === 200) {
      latest = publicationSchema.parse(JSON.parse(body));
      if (isExpected(latest)) return latest;
    }
    await setTimeout(INTERVAL_MS);
  }
  return latest;
}
