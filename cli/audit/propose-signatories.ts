import { formatClaim } from '../../shared/model/claim.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Signatory, SigningKey, X509Identity } from '../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { FORGE_NAMES, type ForgeKind } from './forges.ts';
import type { FoundCertificate, FoundKeys, FoundSshKey, KeyPlace } from './found-key.ts';
import type { CertifiedIdentity } from './signer.ts';
import { compare, type SignerUse } from './signers.ts';

/** Somebody whose keys signed, as a policy may list them once their owner has confirmed each fingerprint. */
export interface ProposedSignatory {
  readonly name: string;
  readonly emails: readonly string[];
  readonly source: KeyPlace['kind'];
  /** Copies of one certificate, or all of a forge's user; those that signed. */
  readonly certificates: readonly FoundCertificate[];
  readonly sshKeys: readonly FoundSshKey[];
  readonly identity: CertifiedIdentity | null;
  /** A forge, whose own key this is. */
  readonly forge: ForgeKind | null;
  readonly commits: number;
  readonly compiled: Signatory;
}

/** @param identities - compiled identities of X.509, by what they are compiled from */
export function proposeSignatories(
  signers: readonly SignerUse[],
  found: FoundKeys,
  identities: ReadonlyMap<CertifiedIdentity, X509Identity>,
): readonly ProposedSignatory[] {
  const groups = new Map<string, Draft>();
  const draftOf = (id: string, forge: ForgeKind | null, source: KeyPlace['kind'], names: Names): Draft => {
    const draft = groups.get(id) ?? {
      ...names,
      forge,
      source,
      certificates: new Set(),
      sshKeys: new Map(),
      commits: 0,
    };
    groups.set(id, draft);
    return draft;
  };
  for (const use of signers) {
    const { signer, forge } = use;
    const certificates = certificatesOf(signer.id, found.certificates);
    const [first] = certificates;
    const sshKey = signer.sshKey === null ? null : findSshKey(signer.sshKey, found.sshKeys);
    let draft: Draft | null = null;
    if (first !== undefined) {
      const { place, name, email } = first;
      draft = draftOf(groupOf(place, first.primaryFingerprint), forge ?? forgeOfPlace(place, first), place.kind, {
        name: name || place.user || email,
        email,
      });
      for (const certificate of certificates) draft.certificates.add(certificate);
    } else if (sshKey !== null) {
      const { place } = sshKey;
      const [most] = use.committers;
      const names = place.kind === 'signatures' ? most?.person : namesOfOwner(sshKey);
      const id =
        place.kind === 'signatures' ? String(most?.person.email).toLowerCase() : sshKey.owner || sshKey.key.fingerprint;
      draft = draftOf(groupOf(place, id), forge, place.kind, names ?? { name: id, email: '' });
      draft.sshKeys.set(sshKey.key.blob, sshKey);
    } else if (signer.identity !== null && identities.has(signer.identity)) {
      const { identity } = signer.identity;
      const email = identity.includes('@') && !identity.includes('://') ? identity : '';
      draft = draftOf(`x509 ${signer.id}`, null, 'signatures', { name: nameOfIdentity(identity), email });
      draft.identity = signer.identity;
    }
    if (draft !== null) draft.commits += use.commits;
  }
  return nameApart(
    [...groups.values()].sort((one, other) => other.commits - one.commits || compare(one.name, other.name)),
    identities,
  );
}

interface Names {
  readonly name: string;
  readonly email: string;
}

interface Draft extends Names {
  readonly forge: ForgeKind | null;
  readonly source: KeyPlace['kind'];
  readonly certificates: Set<FoundCertificate>;
  /** By blob. */
  readonly sshKeys: Map<string, FoundSshKey>;
  identity?: CertifiedIdentity;
  commits: number;
}

/** What the user handed over counts before what somebody else did. */
const ORDER: Readonly<Record<KeyPlace['kind'], number>> = { file: 0, forge: 1, signatures: 2 };

/** Copies of the certificate that has the key, those of one place alone, the newest statement first. */
function certificatesOf(id: string | null, all: readonly FoundCertificate[]): readonly FoundCertificate[] {
  if (id === null) return [];
  const having = all.filter(({ keys }) => keys.some(({ fingerprint, keyId }) => fingerprint === id || keyId === id));
  const [first] = having.toSorted((one, other) => ORDER[one.place.kind] - ORDER[other.place.kind]);
  return having
    .filter(({ place }) => place.kind === first?.place.kind && place.user === first.place.user)
    .toSorted((one, other) => newest(other) - newest(one));
}

function newest({ keys }: FoundCertificate): number {
  return Math.max(...keys.map(({ statedAt }) => statedAt));
}

function findSshKey(line: string, all: readonly FoundSshKey[]): FoundSshKey | null {
  const [, blob] = line.split(' ');
  const [found] = all
    .filter(({ key }) => key.blob === blob)
    .toSorted((one, other) => ORDER[one.place.kind] - ORDER[other.place.kind]);
  if (found !== undefined) return found;
  try {
    const place = { kind: 'signatures', location: '', user: null } as const;
    return { format: 'ssh', place, key: parseSshPublicKey(line), owner: '' };
  } catch (error) {
    if (error instanceof HeadlockError) return null; // A weak key, say.
    throw error;
  }
}

function groupOf({ kind, user }: KeyPlace, id: string): string {
  return kind === 'forge' ? `forge ${user}` : `${kind} ${id}`;
}

/** A key that the forge gives as its own. */
function forgeOfPlace(place: KeyPlace, { email }: FoundCertificate): ForgeKind | null {
  if (email === 'noreply@github.com') return 'github';
  return place.kind === 'forge' && place.user === null ? 'gitea' : null;
}

function namesOfOwner({ owner, place, key }: FoundSshKey): Names {
  const email = /^[^\s@]+@[^\s@]+$/.test(owner) ? owner : '';
  return { name: place.user ?? (owner || key.fingerprint), email };
}

function nameOfIdentity(identity: string): string {
  return formatClaim(identity, MAX_NAME);
}

const MAX_NAME = 90;

/** Names are unique in a policy. */
function nameApart(
  drafts: readonly Draft[],
  identities: ReadonlyMap<CertifiedIdentity, X509Identity>,
): readonly ProposedSignatory[] {
  const taken = new Set<string>();
  return drafts.map(({ name, email, certificates, sshKeys, identity, ...draft }) => {
    const wanted = draft.forge === null ? formatClaim(name, MAX_NAME) || 'Nobody' : FORGE_NAMES[draft.forge];
    let unique = wanted;
    for (let number = 2; taken.has(unique); number += 1) unique = `${wanted} (${number})`;
    taken.add(unique);
    const trust = identity === undefined ? undefined : identities.get(identity);
    const keys: SigningKey[] = [
      ...[...certificates].flatMap((one) => one.keys),
      ...[...sshKeys.values()].map(({ key }) => key),
      ...(trust === undefined ? [] : [trust]),
    ];
    const emails = isAddress(email) && draft.forge === null ? [email] : [];
    return {
      ...draft,
      name: unique,
      emails,
      certificates: [...certificates],
      sshKeys: [...sshKeys.values()],
      identity: identity ?? null,
      compiled: { name: unique, emails, matchEmail: false, validFrom: null, validUntil: null, limit: null, keys },
    };
  });
}

/** What a policy takes as an address, and no more than that. */
function isAddress(text: string): boolean {
  return /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/.test(
    text,
  );
}
