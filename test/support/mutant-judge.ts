import { createHash } from 'node:crypto';
import { computeOid } from '../../shared/git/object-id.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import { createKeyring, type Keyring } from '../../shared/signatures/keyring.ts';
import { type JudgeTerms, judgeCommit } from '../../shared/trust/judge-commit.ts';
import { cutSignature } from './commit-bytes.ts';
import { dearmor, openPgpValue, packetBody, readSignatureFields } from './openpgp-packets.ts';
import type { SignedKinds } from './signed-kinds.ts';
import { LATE } from './verify-payload.ts';

/** What became of a mutant. `foul` says what is wrong where it was accepted and must not be. */
export type MutantOutcome =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'accepted'; readonly category: string }
  | { readonly kind: 'foul'; readonly what: string };

/** What an accepted commit rests on, read by a test's own eyes. */
interface Evidence {
  readonly payload: Buffer;
  readonly armor: Buffer;
  /** The packets or the blob in the armor. */
  readonly bytes: Buffer;
  /** All of it that is signed or signs: in OpenPGP not the unhashed area, nor the packet's header. */
  readonly value: Buffer;
}

export interface MutantJudge {
  judge(raw: Buffer): MutantOutcome;
  /** By whose keys, and by which rules. */
  readonly keyring: Keyring;
  readonly terms: JudgeTerms;
}

/** Judges mutants of good commits by the keys of all of them. */
export function createMutantJudge({ commits, signatories }: SignedKinds): MutantJudge {
  const keyring = createKeyring(signatories);
  const terms = {
    ...({ keyTime: 'first-seen', matchEmail: false, limits: DEFAULT_BRANCH_LIMITS } as const),
    ...{ firstSeen: LATE, judgedAt: LATE },
  };
  const originals = new Map<
    string,
    { readonly raw: Buffer; readonly evidence: Evidence; readonly fingerprint: string }
  >();
  for (const { kind, raw } of commits) {
    const evidence = readEvidence(raw);
    const verdict = judgeCommit(computeOid('commit', raw, 'sha1').oid, raw, keyring, terms);
    if (evidence === null || verdict.outcome !== 'verified' || verdict.format === 'policy') {
      throw new Error(`${kind} is not good: ${JSON.stringify(verdict)}`);
    }
    originals.set(nameOf(evidence), { raw, evidence, fingerprint: verdict.fingerprint });
  }

  const judge = (raw: Buffer): MutantOutcome => {
    const { oid, collides } = computeOid('commit', raw, 'sha1');
    const verdict = judgeCommit(oid, raw, keyring, terms);
    if (verdict.outcome === 'refused') return { kind: 'refused', reason: verdict.reason };
    const evidence = readEvidence(raw);
    const original = evidence === null ? undefined : originals.get(nameOf(evidence));
    if (evidence === null || original === undefined)
      return { kind: 'foul', what: 'another payload or signature value' };
    if (verdict.format === 'policy' || verdict.fingerprint !== original.fingerprint)
      return { kind: 'foul', what: 'another key' };
    if (verdict.payloadSha256 !== sha256(original.evidence.payload))
      return { kind: 'foul', what: 'another payload is told' };
    const id = createHash('sha1').update(`commit ${raw.length}\0`).update(raw).digest('hex');
    if (verdict.commit !== id || collides) return { kind: 'foul', what: 'not its own id' };
    return { kind: 'accepted', category: categoryOf(raw, evidence, original) };
  };
  return { judge, keyring, terms };
}

function readEvidence(raw: Buffer): Evidence | null {
  const cut = cutSignature(raw);
  if (cut === null) return null;
  const { payload, armor } = cut;
  const bytes = dearmor(armor);
  const value = armor.includes('PGP SIGNATURE') ? openPgpValue(bytes) : bytes;
  return value === null ? null : { payload, armor, bytes, value };
}

function nameOf({ payload, value }: Evidence): string {
  return `${sha256(payload)} ${sha256(value)}`;
}

/** What of an accepted mutant differs from its original: nothing of it is signed. */
function categoryOf(
  raw: Buffer,
  mutant: Evidence,
  { raw: original, evidence }: { raw: Buffer; evidence: Evidence },
): string {
  if (raw.equals(original)) return 'nothing';
  if (mutant.armor.equals(evidence.armor)) return 'place of the signature header';
  if (!mutant.bytes.equals(evidence.bytes)) {
    if (!unhashedOf(mutant).equals(unhashedOf(evidence))) return 'unhashed area';
    return materialOf(mutant).equals(materialOf(evidence)) ? 'packet header' : 'bit count of a number';
  }
  const [lines, own] = [linesOf(mutant.armor), linesOf(evidence.armor)];
  const pick = (all: readonly string[], pattern: RegExp) => all.filter((line) => pattern.test(line)).join('\n');
  if (pick(lines, /^\S+: |^\S+:$/) !== pick(own, /^\S+: |^\S+:$/)) return 'armor header';
  if (pick(lines, /^=/) !== pick(own, /^=/)) return 'armor checksum';
  return mutant.armor.includes('\r') ? 'CR at line ends' : 'white space and length of lines';
}

function unhashedOf({ armor, bytes }: Evidence): Buffer {
  return armor.includes('PGP SIGNATURE') ? readSignatureFields(packetBody(bytes)).unhashed : Buffer.alloc(0);
}

function materialOf({ armor, bytes }: Evidence): Buffer {
  return armor.includes('PGP SIGNATURE') ? readSignatureFields(packetBody(bytes)).material : Buffer.alloc(0);
}

function linesOf(armor: Buffer): readonly string[] {
  return armor
    .toString('latin1')
    .split('\n')
    .map((line) => line.replace(/[ \t\r]+$/, ''));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Counts of mutants: how many, why refused, what accepted ones differ in. */
export class MutantTally {
  mutants = 0;
  readonly refused = new Map<string, number>();
  readonly accepted = new Map<string, number>();

  add(outcome: Exclude<MutantOutcome, { kind: 'foul' }>): void {
    this.mutants += 1;
    const [counts, key] =
      outcome.kind === 'refused' ? [this.refused, outcome.reason] : [this.accepted, outcome.category];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  toString(): string {
    const list = (counts: ReadonlyMap<string, number>) =>
      [...counts]
        .toSorted((a, b) => b[1] - a[1])
        .map(([key, times]) => `${key} ${times}`)
        .join(', ') || 'none';
    return `${this.mutants} mutants; refused: ${list(this.refused)}; accepted, with a difference in: ${list(this.accepted)}`;
  }
}
