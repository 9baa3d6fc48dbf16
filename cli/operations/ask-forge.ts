import { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { redirectOf } from '../../shared/git/http-answer.ts';
import { exchangeHttp } from '../../shared/git/http-exchange.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { isSecure } from '../../shared/model/remote-url.ts';
import type { ForgeKind } from '../audit/forges.ts';
import type { KeyPlace } from '../audit/found-key.ts';

export interface Forge {
  readonly kind: ForgeKind;
  /** Of its web pages: `https://github.com`. */
  readonly url: URL;
}

/** What a forge serves as somebody's keys: it says so, and no more. */
export interface ServedKeys {
  readonly place: KeyPlace;
  readonly text: Uint8Array;
}

export interface ForgeAnswer {
  readonly served: readonly ServedKeys[];
  /** One sentence each. */
  readonly problems: readonly string[];
}

export interface ForgeQuestion {
  readonly users: readonly string[];
  readonly openpgp: boolean;
  readonly ssh: boolean;
  readonly onAsked?: (done: number, total: number) => void;
}

const MAX_USERS = 200;
const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 15_000;
const MAX_REDIRECTS = 3;
const AT_ONCE = 4;

/**
 * Asks a forge for the keys of its users and for its own. Only over https, or http to this machine; never another host than
 * the forge's own; each answer bounded in bytes and time.
 */
export async function askForge(forge: Forge, question: ForgeQuestion): Promise<ForgeAnswer> {
  const users = question.users.slice(0, MAX_USERS);
  const requests = [...listOwn(forge, question), ...users.flatMap((user) => listOfUser(forge, user, question))];
  const served: ServedKeys[] = [];
  const problems: string[] = [];
  if (users.length < question.users.length) {
    problems.push(`Only the ${MAX_USERS} users with most commits were asked for. Name others with --user.`);
  }
  let done = 0;
  const queue = requests.values();
  const work = async (): Promise<void> => {
    for (const { url, user, parse } of queue) {
      try {
        const text = await get(url);
        const found = text === null ? null : parse(text);
        if (found !== null && found.length > 0)
          served.push({
            place: { kind: 'forge', location: url.href, user, own: user === null ? forge.kind : null },
            text: found,
          });
      } catch (error) {
        if (!(error instanceof HeadlockError)) throw error;
        problems.push(`${url.href}: ${error.message}`);
      }
      done += 1;
      question.onAsked?.(done, requests.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // In the order of the requests, whichever came first.
  const order = new Map(requests.map(({ url }, index) => [url.href, index]));
  served.sort((one, other) => Number(order.get(one.place.location)) - Number(order.get(other.place.location)));
  return { served, problems: problems.toSorted() };
}

interface KeyRequest {
  readonly url: URL;
  /** Null for the forge's own key. */
  readonly user: string | null;
  /** The part that holds keys. */
  readonly parse: (text: Buffer) => Buffer;
}

function listOfUser({ kind, url }: Forge, user: string, { openpgp, ssh }: ForgeQuestion): readonly KeyRequest[] {
  const name = encodeURIComponent(user);
  const api =
    kind === 'github' && ssh ? [{ url: githubApi(url, `users/${name}/ssh_signing_keys`), user, parse: parseList }] : [];
  return [
    ...(openpgp ? [{ url: under(url, `${name}.gpg`), user, parse: asItIs }] : []),
    ...(ssh ? [{ url: under(url, `${name}.keys`), user, parse: asItIs }] : []),
    ...api,
  ];
}

function listOwn({ kind, url }: Forge, { openpgp, ssh }: ForgeQuestion): readonly KeyRequest[] {
  switch (kind) {
    case 'github':
      return openpgp ? [{ url: under(url, 'web-flow.gpg'), user: null, parse: asItIs }] : [];
    case 'gitlab':
      return ssh || openpgp ? [{ url: under(url, 'api/v4/web_commits/public_key'), user: null, parse: parseOne }] : [];
    case 'gitea':
      return [
        ...(openpgp ? [{ url: under(url, 'api/v1/signing-key.gpg'), user: null, parse: asItIs }] : []),
        ...(ssh ? [{ url: under(url, 'api/v1/signing-key.ssh'), user: null, parse: asItIs }] : []),
      ];
  }
}

function under(base: URL, path: string): URL {
  return new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
}

/** GitHub's own API has a host of its own, that of GitHub Enterprise a path. */
function githubApi(base: URL, path: string): URL {
  return base.host === 'github.com' ? new URL(`https://api.github.com/${path}`) : under(base, `api/v3/${path}`);
}

const asItIs = (text: Buffer): Buffer => text;

const KEY_LIST = z.array(z.object({ key: z.string() }));
const PUBLIC_KEY = z.object({ public_key: z.string() });
const PUBLIC_KEYS = z.union([PUBLIC_KEY.transform((one) => [one]), z.array(PUBLIC_KEY)]);

function parseList(text: Buffer): Buffer {
  return Buffer.from(
    parseJson(text, KEY_LIST)
      .map(({ key }) => `${key}\n`)
      .join(''),
  );
}

function parseOne(text: Buffer): Buffer {
  return Buffer.from(
    parseJson(text, PUBLIC_KEYS)
      .map((one) => `${one.public_key}\n`)
      .join(''),
  );
}

function parseJson<T>(text: Buffer, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw new HeadlockError('bad_response', 'The answer is not the JSON that was expected.', {
      kind: 'upstream',
      cause,
    });
  }
}

/** Null where there is nothing. @throws HeadlockError */
async function get(start: URL): Promise<Buffer | null> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { 'user-agent': `headlock/${manifest.version}`, accept: '*/*', 'accept-encoding': 'identity' };
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    if (!isSecure(url))
      throw refused('It is plain http to another machine, where anybody on the way can change the answer.');
    const answer = await exchangeHttp(
      { method: 'GET', url, headers, maxBytes: MAX_ANSWER_BYTES, signal },
      async (reply) => {
        const target = redirectOf(reply, url);
        if (target !== null) return target;
        if (reply.status === 404) return null;
        if (reply.status !== 200)
          throw refused(
            `It answers ${reply.status}.${reply.status === 429 || reply.status === 403 ? ' Try again later.' : ''}`,
          );
        const chunks: Uint8Array[] = [];
        for await (const chunk of reply.chunks) chunks.push(chunk);
        return Buffer.concat(chunks);
      },
    );
    if (!(answer instanceof URL)) return answer;
    if (answer.host !== url.host) throw refused('It redirects to another host, which is not followed.');
    url = answer;
  }
  throw refused('It redirects too often.');
}

function refused(message: string): HeadlockError<'bad_response'> {
  return new HeadlockError('bad_response', message, { kind: 'upstream' });
}
