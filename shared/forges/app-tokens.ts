import * as z from 'zod/mini';
import type { SourceUnreachable } from '../git/commit-source.ts';
import type { HttpAgents } from '../git/http-agents.ts';
import { parseRetryAfter } from '../git/retry-after.ts';
import { TransportError, unreachableOf } from '../git/transport-error.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import type { GitHubApp } from '../model/policy.ts';
import { ownerAndName } from '../model/repository-url.ts';
import { createAppJwt } from './app-jwt.ts';
import { parseAppKey } from './app-key.ts';
import { type ApiAnswer, askGitHub } from './github-api.ts';

export interface AppTokenRequest {
  readonly app: GitHubApp;
  /** The opened values of its private key, the newest first. */
  readonly privateKeys: readonly string[];
  /** As the policy says it. */
  readonly repositoryUrl: string;
  /** What the token is for, and no more. */
  readonly permission: 'contents: read' | 'statuses: write';
  /** Printable ASCII without spaces: `headlock/0.1.0`. */
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly agents?: HttpAgents;
}

export interface AppToken {
  /** In memory only, never in a message (trust rule 7.3). */
  readonly token: string;
  /** Whether an earlier request brought it: it may have been revoked since. */
  readonly isCached: boolean;
}

/** Tokens of GitHub App installations, each for one repository, kept until they expire. */
export interface AppTokens {
  obtain(request: AppTokenRequest): Promise<AppToken | SourceUnreachable>;
  /** Forgets a token that was refused. */
  drop(request: AppTokenRequest, token: string): void;
}

/** A decision takes two minutes at most: what is begun with a token ends before the token does. */
const MARGIN_MS = 5 * 60_000;

const installationAnswer = z.object({ id: z.int().check(z.positive()), suspended_at: z.nullish(z.string()) });
/** GitHub promises nothing of its form: hundreds of characters by now. */
const tokenAnswer = z.object({
  token: z.string().check(z.regex(/^[\x21-\x7e]{1,4096}$/)),
  expires_at: z.iso.datetime(),
});

/** @param now - milliseconds since 1970 */
export function createAppTokens(now: () => number = Date.now): AppTokens {
  const kept = new Map<string, { readonly token: string; readonly until: number }>();
  return {
    async obtain(request) {
      const name = nameOf(request);
      const found = kept.get(name);
      if (found !== undefined && now() < found.until) return { token: found.token, isCached: true };
      for (const [each, { until }] of kept) if (now() >= until) kept.delete(each);
      const answer = await requestToken(request, now()).catch(unreachableOf);
      if ('kind' in answer) return answer;
      kept.set(name, { token: answer.token, until: Date.parse(answer.expires_at) - MARGIN_MS });
      return { token: answer.token, isCached: false };
    },
    drop(request, token) {
      const name = nameOf(request);
      if (kept.get(name)?.token === token) kept.delete(name);
    },
  };
}

function nameOf({ app, repositoryUrl, permission }: AppTokenRequest): string {
  return JSON.stringify([app.apiUrl, app.appId, repositoryUrl, permission]);
}

type TokenAnswer = z.infer<typeof tokenAnswer>;

/** While the private key rotates its former value counts too: whichever GitHub takes. @throws TransportError */
async function requestToken(request: AppTokenRequest, now: number): Promise<TokenAnswer> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  let refused: TransportError | null = null;
  for (const privateKey of request.privateKeys) {
    try {
      return await signIn(request, createJwt(request, privateKey, now), signal);
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'refused_credentials') throw error;
      refused ??= error;
    }
  }
  throw refused ?? refusedKey(request);
}

function createJwt({ app }: AppTokenRequest, privateKey: string, now: number): string {
  try {
    return createAppJwt(app.appId, parseAppKey(privateKey), now);
  } catch (error) {
    if (!(error instanceof HeadlockError)) throw error;
    throw new TransportError('refused_credentials', error.message);
  }
}

/** Finds where the app is installed, and asks for a token that opens the one repository. @throws TransportError */
async function signIn(request: AppTokenRequest, jwt: string, signal: AbortSignal): Promise<TokenAnswer> {
  const { app, repositoryUrl, permission, userAgent, agents } = request;
  const repository = ownerAndName(repositoryUrl);
  if (repository === null) throw notInstalled(request);
  const call = { apiUrl: app.apiUrl, token: jwt, userAgent, signal, ...(agents && { agents }) };

  const path = `/repos/${repository.owner}/${repository.name}/installation`;
  const found = await askGitHub({ ...call, method: 'GET', path });
  if (found.status !== 200) throw describeRefusal(found, request);
  const installation = installationAnswer.safeParse(found.value).data;
  if (installation === undefined) throw unintelligible(request);
  if (typeof installation.suspended_at === 'string') throw suspended(request);

  const [name = '', access] = permission.split(': ');
  const made = await askGitHub({
    ...call,
    method: 'POST',
    path: `/app/installations/${installation.id}/access_tokens`,
    body: { repositories: [repository.name], permissions: { [name]: access } },
  });
  if (made.status !== 201) throw describeRefusal(made, request);
  const token = tokenAnswer.safeParse(made.value).data;
  if (token === undefined) throw unintelligible(request);
  return token;
}

function describeRefusal(answer: ApiAnswer, request: AppTokenRequest): TransportError {
  const { app, repositoryUrl, permission } = request;
  const { status, headers } = answer;
  const { host } = new URL(app.apiUrl);
  const retryAfter = parseRetryAfter(headers, Date.now());
  // GitHub limits its callers with 403 as well, and says so.
  if (status === 429 || (status === 403 && (retryAfter !== null || headers['x-ratelimit-remaining'] === '0'))) {
    const message = `${host} limits how often the app ${app.name} may ask. It is tried again later.`;
    return new TransportError('rate_limited', message, { retryAfter });
  }
  if (status >= 500) {
    const message = `${host} answers ${status}. It is tried again; look at its status.`;
    return new TransportError('server_error', message, { retryAfter });
  }
  if (status === 401) return refusedKey(request);
  if (status === 404) return notInstalled(request);
  if (status >= 300 && status < 400) {
    const message = `${repositoryUrl} was renamed or moved. Write its new URL in the policy.`;
    return new TransportError('not_found', message);
  }
  if (status !== 403 && status !== 422) return unintelligible(request);
  const message = `The app ${app.name} may not have \`${permission}\` of ${repositoryUrl}, or is suspended there. Give it that permission, and have it accepted where the app is installed.`;
  return new TransportError('refused_credentials', message);
}

function refusedKey({ app }: AppTokenRequest): TransportError {
  const { name, appId, privateKey } = app;
  const message = `GitHub refuses the private key of the app ${name}. Check that ${appId} is its id, and store a key that its settings list: \`headlock secret set ${privateKey.secretRef} --purpose app\`.`;
  return new TransportError('refused_credentials', message);
}

function notInstalled({ app, repositoryUrl }: AppTokenRequest): TransportError {
  const message = `The app ${app.name} is not installed for ${repositoryUrl}, or there is no such repository. Install the app there, or correct the URL.`;
  return new TransportError('not_found', message);
}

function suspended({ app, repositoryUrl }: AppTokenRequest): TransportError {
  const message = `The app ${app.name} is suspended where ${repositoryUrl} is. Whoever owns the repository can end that, in the settings of the installed app.`;
  return new TransportError('refused_credentials', message);
}

function unintelligible({ app }: AppTokenRequest): TransportError {
  const message = `The answer of ${app.apiUrl} is none of GitHub's REST API. Check the \`apiUrl\` of the app ${app.name}.`;
  return new TransportError('bad_response', message);
}
