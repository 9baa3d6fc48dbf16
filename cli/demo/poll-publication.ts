import { setTimeout } from 'node:timers/promises';
import { type Publication, publicationSchema } from '../../functions/trusted-revision/response-schemas.ts';

export interface PolledApi {
  readonly url: string;
  readonly token: string;
}

const INTERVAL_MS = 5;

/**
 * Polls a branch as an agent does, with its entity tag, until it is as expected.
 * @returns what is published then, or at the end of the time
 */
export async function pollPublication(
  { url, token }: PolledApi,
  isExpected: (publication: Publication) => boolean,
  timeoutMs: number,
): Promise<Publication | null> {
  const deadline = performance.now() + timeoutMs;
  let etag: string | null = null;
  let latest: Publication | null = null;
  while (performance.now() < deadline) {
    const headers = { authorization: `Bearer ${token}`, ...(etag === null ? {} : { 'if-none-match': etag }) };
    const response = await fetch(url, { headers });
    const body = await response.text();
    if (response.status === 200) {
      etag = response.headers.get('etag');
      latest = publicationSchema.parse(JSON.parse(body));
      if (isExpected(latest)) return latest;
    }
    await setTimeout(INTERVAL_MS);
  }
  return latest;
}
