import type { Person } from './survey.ts';

export const FORGE_KINDS = ['github', 'gitlab', 'gitea'] as const;
/** Forgejo answers as Gitea does. */
export type ForgeKind = (typeof FORGE_KINDS)[number];

export const FORGE_NAMES: Readonly<Record<ForgeKind, string>> = { github: 'GitHub', gitlab: 'GitLab', gitea: 'Gitea' };

/** As whom a forge commits what its web pages make. */
const COMMITTERS: ReadonlyMap<string, ForgeKind> = new Map([
  ['noreply@github.com', 'github'],
  ['noreply@gitlab.com', 'gitlab'],
  ['noreply@gitea.io', 'gitea'],
]);

/** GitHub's `web-flow`, the former key and the present one. Other forges have a key for each instance. */
const OWN_KEYS: ReadonlyMap<string, ForgeKind> = new Map([
  ['5de3e0509c47ea3cf04a42d34aee18f83afdeb23', 'github'],
  ['4aee18f83afdeb23', 'github'],
  ['968479a1aff927e37d1a566bb5690eeebb952194', 'github'],
  ['b5690eeebb952194', 'github'],
]);

/** Whose web pages made the commit, as its committer claims. */
export function forgeOfCommitter({ email }: Person): ForgeKind | null {
  return COMMITTERS.get(email) ?? null;
}

/** @param id - of an OpenPGP signer */
export function forgeOfKey(id: string | null): ForgeKind | null {
  return id === null ? null : (OWN_KEYS.get(id) ?? null);
}

/** The forge of a repository, by its host. */
export function guessForge(host: string): ForgeKind | null {
  if (host === 'github.com' || host.startsWith('github.')) return 'github';
  if (host === 'gitlab.com' || host.startsWith('gitlab.') || host.includes('.gitlab.')) return 'gitlab';
  return /^(?:codeberg\.org$|gitea\.|forgejo\.|git\.gitea\.)/.test(host) ? 'gitea' : null;
}

const NOREPLY = /^(?:\d+[+-])?([A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?)@(?:users\.)?noreply\.[a-z0-9.-]+$/;

/** The user's name in an address by which a forge hides the real one; null where it is none, or a bot's. */
export function userOfAddress(email: string): string | null {
  return NOREPLY.exec(email)?.[1] ?? null;
}

/** Where a forge that hides an address serves its user's keys; null where the address tells none. */
export function keysUrlOfAddress(email: string): string | null {
  const user = userOfAddress(email);
  const [, host] = /@users\.noreply\.(github\.com|gitlab\.com)$/.exec(email) ?? [];
  return user === null || host === undefined ? null : `https://${host}/${user}.gpg`;
}

const BOTS = /\[bot\]$|^(?:dependabot|renovate|github-actions|pre-commit-ci|weblate)\b|(?:[-_ ]|c[di])(?:ro)?bot$/i;
const BOT_ADDRESS = /\[bot\]@|^(?:project|group)_\d+_bot\w*@|^(?:bot|action|renovate)@|\bbot@renovateapp\.com$/i;

/** By the names that bots go by: a claim like all names. */
export function isBot({ name, email }: Person): boolean {
  return BOTS.test(name) || BOT_ADDRESS.test(email);
}
