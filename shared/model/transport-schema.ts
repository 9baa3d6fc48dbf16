import { z } from 'zod';
import { isRepositoryName } from './branch-ref.ts';
import { HeadlockError } from './headlock-error.ts';
import type { Provider } from './policy.ts';
import { isSecure, parseRemoteUrl } from './remote-url.ts';
import { ownerAndName } from './repository-url.ts';
import { isSshUrl, parseSshUrl } from './ssh-url.ts';

const fixed = (message: string) => ({ error: message });

export const secretRef = z.strictObject({
  secretRef: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]{0,99}$/,
      fixed(
        'Name a secret with lower-case letters, digits, `.`, `_` and `-`, and store it with `headlock secret set`.',
      ),
    ),
});

export const urlSchema = z.string(fixed('Write the address of the repository.')).superRefine((text, context) => {
  const problem = problemOfUrl(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

export const filePath = (what: string) => z.string(fixed(`Write the path of ${what}.`)).min(1);

const API_URL = fixed(
  'Write the base of the REST API, over https: https://git.example.com/api/v3 at GitHub Enterprise Server, say.',
);
export const apiUrl = z
  .string(API_URL)
  .refine(isApiUrl, API_URL)
  .transform((text) => text.replace(/\/+$/, ''));

const APP_ID = fixed('Write the id of the app, a number, or its client id: its settings at GitHub show both.');
export const appSchema = z.strictObject({
  name: z
    .string(fixed('Write a name.'))
    .refine(
      isRepositoryName,
      fixed('The name of an app has lower-case letters, digits, `.`, `_` and `-`, and starts with a letter or digit.'),
    ),
  provider: z.literal('github', fixed('Only GitHub has apps: write `github`.')),
  appId: z
    .union([z.int(APP_ID).positive(APP_ID), z.string().regex(/^[A-Za-z0-9.]{1,100}$/, APP_ID)], APP_ID)
    .transform(String),
  privateKey: secretRef,
  webhook: secretRef.optional(),
  apiUrl: apiUrl.default('https://api.github.com'),
});

const WHICH_CREDENTIALS = fixed(
  'Write `{ username: …, password: { secretRef: … } }`, `{ bearer: { secretRef: … } }`, `{ app: … }` or `{ sshKey: { secretRef: … }, knownHosts: … }`.',
);
export const credentialsSchema = z.union(
  [
    z.strictObject({ username: z.string().min(1), password: secretRef }),
    z.strictObject({ bearer: secretRef }),
    z.strictObject({ app: z.string().min(1) }),
    z.strictObject({
      sshKey: secretRef,
      passphrase: secretRef.optional(),
      knownHosts: filePath('a `known_hosts` file'),
    }),
  ],
  WHICH_CREDENTIALS,
);

export const commitStatusSchema = z.union(
  [z.boolean(), secretRef],
  fixed('Write `true`, or `{ secretRef: … }` of a token that may write commit statuses.'),
);

interface TransportEntry {
  readonly url: string;
  readonly provider: Provider;
  readonly credentials?: z.infer<typeof credentialsSchema> | undefined;
  readonly commitStatus?: z.infer<typeof commitStatusSchema> | undefined;
  readonly apiUrl?: string | undefined;
}

/** Who takes a status of a commit, each over its REST API. */
const TAKES_STATUS: ReadonlySet<Provider> = new Set(['github', 'gitlab', 'gitea', 'forgejo']);

/** What the address, the credentials and the status of a repository must have of each other. */
export function checkTransport(entry: TransportEntry, context: z.RefinementCtx<TransportEntry>): void {
  const { url, provider, credentials = {}, commitStatus = false } = entry;
  const refuse = (path: keyof TransportEntry, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const isSsh = isSshUrl(url);
  if (isSsh && !('sshKey' in credentials)) {
    const message = 'An ssh URL needs `credentials: { sshKey: { secretRef: … }, knownHosts: … }`.';
    refuse(entry.credentials === undefined ? 'url' : 'credentials', message);
  }
  if (!isSsh && 'sshKey' in credentials) {
    refuse('credentials', 'An SSH key needs an ssh URL: write `url: ssh://git@host/path.git`, or name a token here.');
  }
  if ('app' in credentials) checkApp(entry, refuse);
  if (commitStatus === false) return;
  if (!TAKES_STATUS.has(provider)) {
    const message = 'Commit statuses are told to GitHub, GitLab, Gitea and Forgejo alone. Take `commitStatus` out.';
    refuse('commitStatus', message);
  } else if (commitStatus === true && (isSsh || entry.credentials === undefined)) {
    const message =
      '`true` tells statuses with the token by which the repository is fetched, and it is fetched with none. Write `commitStatus: { secretRef: … }`.';
    refuse('commitStatus', message);
  }
}

function checkApp(
  { url, provider, apiUrl: ownApiUrl }: TransportEntry,
  refuse: (path: keyof TransportEntry, message: string) => void,
) {
  if (provider !== 'github') refuse('provider', 'Only GitHub has apps: write `provider: github`, or name a token.');
  if (!isSshUrl(url) && ownerAndName(url) === null) {
    refuse('url', 'An app finds a repository by its owner and name: write the URL as https://host/owner/name.git.');
  }
  if (ownApiUrl !== undefined)
    refuse('apiUrl', 'The API of an app is the one of its entry under `apps:`. Write it there.');
}

function isApiUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return isSecure(url) && `${url.username}${url.password}${url.search}${url.hash}` === '';
}

/** `file:` is for `headlock verify` alone; `headlock apply` refuses it. */
function problemOfUrl(text: string): string | null {
  if (URL.canParse(text) && new URL(text).protocol === 'file:') return null;
  try {
    if (isSshUrl(text)) parseSshUrl(text);
    else parseRemoteUrl(text);
    return null;
  } catch (error) {
    if (error instanceof HeadlockError) return error.message;
    throw error;
  }
}
