import { formatClaim } from '../../shared/model/claim.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Signatory, SigningKey, X509Identity } from '../../shared/model/signatory.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { createNamer } from './create-namer.ts';
import { FORGE_NAMES, type ForgeKind, forgeOfCommitter } from './forges.ts';
import { type FoundCertificate, type FoundKeys, type FoundSshKey, IN_SIGNATURES, type KeyPlace } from './found-key.ts';
import type { CertifiedIdentity, Signer } from './signer.ts';
import { compare, type SignerUse } from './signers.ts';

/**
 * Somebody whose key signed, as a policy may list them once their owner has confirmed the fingerprint. Each has one key: that
 * two belong to one person is said by nobody but commits.
 */
export interface ProposedSignatory {
  /** Unique. */
  readonly name: string;
  readonly emails: readonly string[];
  readonly source: KeyPlace['kind'];
  /** Copies of one certificate, what the user handed over first. */
  readonly certificates: readonly FoundCertificate[];
  readonly sshKey: FoundSshKey | null;
  readonly identity: CertifiedIdentity | null;
  /** A forge, whose own key this is. */
  readonly forge: ForgeKind | null;
  readonly signers: readonly Signer[];
  readonly commits: number;
  readonly compiled: Signatory;
}

type Draft = Omit<ProposedSignatory, 'emails' | 'compiled'> & {
  readonly email: string;
  readonly keys: readonly SigningKey[];
};

/** @param identities - compiled identities of X.509, by what they are compiled from */
export function proposeSignatories(
  signers: readonly SignerUse[],
  found: FoundKeys,
  identities: ReadonlyMap<CertifiedIdentity, X509Identity>,
): readonly ProposedSignatory[] {
  const drafts = signers.flatMap(
    (use) => draftOpenPgp(use, found.certificates) ?? draftSsh(use, found.sshKeys) ?? draftX509(use, identities) ?? [],
  );
  const merged = [...Map.groupBy(drafts, idOfDraft).values()].map(merge);
  merged.sort((one, other) => other.commits - one.commits || compare(one.name, other.name));
  const nameApart = createNamer();
  return merged.map(({ email, keys, ...draft }) => {
    const name = nameApart(nameDraft(draft));
    const emails = isAddress(email) && draft.forge === null ? [email] : [];
    const compiled = { name, emails, matchEmail: false, validFrom: null, validUntil: null, limit: null, keys };
    return { ...draft, name, emails, compiled };
  });
}

/** What the user handed over counts before what somebody else did. */
const ORDER: Readonly<Record<KeyPlace['kind'], number>> = { file: 0, forge: 1, signatures: 2 };

function byPlace(one: { readonly place: KeyPlace }, other: { readonly place: KeyPlace }): number {
  return ORDER[one.place.kind] - ORDER[other.place.kind];
}

/** All copies of a certificate are compiled as one, so they are listed as one. */
function draftOpenPgp(use: SignerUse, all: readonly FoundCertificate[]): Draft | null {
  const { id } = use.signer;
  const having = all.filter(({ keys }) => keys.some(({ fingerprint, keyId }) => fingerprint === id || keyId === id));
  const [first, ...others] = having.toSorted(byPlace);
  if (first === undefined) return null;
  const copies = others.filter(({ primaryFingerprint }) => primaryFingerprint === first.primaryFingerprint);
  const { name, email, place, keys } = first;
  const forge = forgeOfCommitter(first);
  return { ...draftOf(use, place, name || place.user || email, forge), certificates: [first, ...copies], email, keys };
}

function draftSsh(use: SignerUse, all: readonly FoundSshKey[]): Draft | null {
  const sshKey =
    use.signer.sshKey === null ? null : (findSshKey(use.signer.sshKey, all) ?? readSshKey(use.signer.sshKey));
  if (sshKey === null) return null;
  const { place, owner, key } = sshKey;
  const [committer] = use.committers;
  const isSelfSaid = place.kind === 'signatures';
  const name = isSelfSaid ? committer?.person.name : (place.user ?? owner);
  const email = (isSelfSaid ? committer?.person.email : owner) ?? '';
  return { ...draftOf(use, place, name || key.fingerprint, null), sshKey, email, keys: [key] };
}

function findSshKey(line: string, all: readonly FoundSshKey[]): FoundSshKey | undefined {
  const [, blob] = line.split(' ');
  return all.filter(({ key }) => key.blob === blob).toSorted(byPlace)[0];
}

function readSshKey(line: string): FoundSshKey | null {
  try {
    return { format: 'ssh', place: IN_SIGNATURES, key: parseSshPublicKey(line), owner: '' };
  } catch (error) {
    if (error instanceof HeadlockError) return null; // A weak key, say.
    throw error;
  }
}

function draftX509(use: SignerUse, identities: ReadonlyMap<CertifiedIdentity, X509Identity>): Draft | null {
  const { identity } = use.signer;
  const trust = identity === null ? undefined : identities.get(identity);
  if (identity === null || trust === undefined) return null;
  return { ...draftOf(use, IN_SIGNATURES, identity.identity, null), identity, email: identity.identity, keys: [trust] };
}

function draftOf({ signer, commits, forge }: SignerUse, place: KeyPlace, name: string, other: ForgeKind | null) {
  const none = { certificates: [], sshKey: null, identity: null };
  return { ...none, name, source: place.kind, forge: forge ?? place.own ?? other, signers: [signer], commits };
}

/** Of what one key signed as several signers: by fingerprint and by key id, say. */
function idOfDraft({ certificates: [certificate], sshKey, signers: [signer] }: Draft): string {
  return certificate?.primaryFingerprint ?? sshKey?.key.fingerprint ?? String(signer?.id);
}

function merge(drafts: readonly Draft[]): Draft {
  const [first] = drafts as readonly [Draft];
  return {
    ...first,
    forge: drafts.find(({ forge }) => forge !== null)?.forge ?? null,
    signers: drafts.flatMap(({ signers }) => signers),
    commits: drafts.reduce((total, { commits }) => total + commits, 0),
  };
}

const MAX_NAME = 90;

function nameDraft({ name, forge }: Pick<Draft, 'name' | 'forge'>): string {
  return forge === null ? formatClaim(name, MAX_NAME) || 'Nobody' : FORGE_NAMES[forge];
}

const ADDRESS = /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/;
const MAX_ADDRESS = 254;

/** What a policy takes as an address, and no more than that. */
function isAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && ADDRESS.test(text);
}
