import type { AppliedPolicy } from '../model/policy.ts';
import type { Signatory, SigningKey, UnixSeconds } from '../model/signatory.ts';
import { describeKey } from '../signatures/describe-key.ts';

/** From when on a key signs nothing that counts. */
export interface KeyExpiry {
  /** The signatory's name in the policy. */
  readonly signatory: string;
  /** As people compare it. */
  readonly key: string;
  readonly expires: UnixSeconds;
}

type Policy = Pick<AppliedPolicy['policy'], 'branches' | 'tags' | 'compromisedKeys'>;

/**
 * When the keys of a policy that can sign now end, by their own expiry or by the policy's windows (trust rule 3.1): of each
 * OpenPGP certificate its last signing key, for the others were replaced.
 */
export function listKeyExpiries({ policy, signatories }: { policy: Policy } & Pick<AppliedPolicy, 'signatories'>) {
  const isIgnored = [...policy.branches, ...policy.tags].every(({ keyTime }) => keyTime === 'ignore');
  const voided = new Set(policy.compromisedKeys);
  return signatories.flatMap((signatory): KeyExpiry[] => {
    const ends = signatory.keys
      .filter((key) => isUsable(key, voided))
      .map((key) => ({ key, expires: expiryOf(key, signatory, isIgnored) }));
    const holdings = Map.groupBy(ends, ({ key }) =>
      key.format === 'openpgp' ? key.primaryFingerprint : key.fingerprint,
    );
    return [...holdings.values()].flatMap((ends) => {
      const last = ends.reduce((a, b) => ((b.expires ?? Infinity) > (a.expires ?? Infinity) ? b : a));
      return last.expires === null
        ? []
        : [{ signatory: signatory.name, key: describeKey(last.key), expires: last.expires }];
    });
  });
}

function isUsable(key: SigningKey, voided: ReadonlySet<string>): boolean {
  if (voided.has(key.fingerprint)) return false;
  if (key.format !== 'openpgp') return true;
  return key.signing && key.revocation === null && key.spki !== null && !voided.has(key.primaryFingerprint);
}

function expiryOf(key: SigningKey, { validUntil }: Signatory, isIgnored: boolean): UnixSeconds | null {
  const own =
    key.format === 'openpgp' ? (isIgnored ? null : key.expires) : key.format === 'ssh' ? key.validUntil : null;
  const ends = [own, validUntil].filter((end) => end !== null && end !== undefined);
  return ends.length === 0 ? null : Math.min(...ends);
}
