import { assertNever } from '../model/assert-never.ts';
import type { CommitStatus } from '../model/commit-status.ts';
import { HeadlockError } from '../model/headlock-error.ts';
import { parseOid } from '../model/oid.ts';
import type { RepositoryPolicy } from '../model/policy.ts';
import { apiUrlOf } from './api-url.ts';

/** The name under which a forge shows the status beside its other checks. */
const STATUS_NAME = 'headlock/verified';

/** A call of a forge's REST API, without the user agent. */
interface StatusRequest {
  readonly url: URL;
  /** The token among them: in memory only, never in a message (trust rule 7.3). */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What GitLab takes; nobody else says how much they do. */
const MAX_LINK_LENGTH = 255;

/**
 * How each forge documents that a commit's status is set. No part of the address is a committer's choice: it is the policy's,
 * and the commit's id.
 * @throws HeadlockError of kind `configuration` where the forge, the form of its URL or the token makes none
 */
export function createStatusRequest(
  policy: RepositoryPolicy,
  branch: string,
  { commit, state, description }: CommitStatus,
  token: string,
): StatusRequest {
  // A line feed at its end, say, which no header may hold.
  if (!/^[\x21-\x7e]+$/.test(token)) throw refusal('The token has characters that no token has. Set the secret again.');
  const apiUrl = apiUrlOf(policy);
  const { provider, verifier } = policy;
  // The page of this installation, where its name is the address of one.
  const target_url = /^https?:/i.test(verifier) && verifier.length <= MAX_LINK_LENGTH ? verifier : undefined;
  const create = (path: string, headers: Readonly<Record<string, string>>, body: object) => ({
    url: new URL(`${apiUrl}${path}/statuses/${commit}`),
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, description, target_url }),
  });
  const project = projectOf(policy.url, apiUrl ?? '');
  switch (provider) {
    case 'github': {
      const headers = {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        authorization: `Bearer ${token}`,
      };
      return create(`/repos/${ownerAndNameOf(project)}`, headers, { state, context: STATUS_NAME });
    }
    case 'gitea':
    case 'forgejo': {
      const headers = { accept: 'application/json', authorization: `token ${token}` };
      return create(`/repos/${ownerAndNameOf(project)}`, headers, { state, context: STATUS_NAME });
    }
    case 'gitlab': {
      const headers = { accept: 'application/json', 'private-token': token };
      const body = { state: state === 'failure' ? 'failed' : state, name: STATUS_NAME, ref: branch };
      return create(`/projects/${encodeURIComponent(project.join('/'))}`, headers, body);
    }
    case 'bitbucket':
    case 'generic':
      throw refusal(`${provider} takes no commit status. Take \`commitStatus\` out of the policy.`);
    default:
      return assertNever(provider);
  }
}

/** Why no status could be told by this policy, whatever the token; null where one could. */
export function findStatusProblem(policy: RepositoryPolicy): string | null {
  if (policy.commitStatus === null) return null;
  try {
    const status = { commit: parseOid('0'.repeat(40)), state: 'success', description: '' } as const;
    createStatusRequest(policy, '', status, 'token');
    return null;
  } catch (error) {
    if (error instanceof HeadlockError && error.kind === 'configuration') return error.message;
    throw error;
  }
}

/** Gitea and GitLab may lie below a path of their host; their API then does too. */
function projectOf(url: string, apiUrl: string): readonly string[] {
  const base = apiUrl === '' ? '' : new URL(apiUrl).pathname.replace(/\/(?:api\/v\d+)?$/, '');
  const path = new URL(url).pathname;
  const below = path.startsWith(`${base}/`) ? path.slice(base.length) : path;
  const names = below
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .slice(1);
  return names.map(decode);
}

function ownerAndNameOf(project: readonly string[]): string {
  if (project.length === 2) return project.map(encodeURIComponent).join('/');
  throw refusal(
    'The URL of the repository does not end in OWNER/NAME. Write it so, or the `apiUrl` that goes with it.',
  );
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw refusal('The URL of the repository has a stray %. Write it as its forge shows it.');
  }
}

function refusal(message: string): HeadlockError<'no_status_request'> {
  return new HeadlockError('no_status_request', message, { kind: 'configuration' });
}
