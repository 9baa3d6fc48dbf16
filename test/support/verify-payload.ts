import type { Signatory, SigningKey } from '../../shared/model/signatory.ts';
import type { Refusal, SignatureEvidence } from '../../shared/model/verdict.ts';
import { type ArmorLines, armorLines } from '../../shared/signatures/armor-lines.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { verifySignature } from '../../shared/signatures/verify-signature.ts';
import type { VerifyTerms } from '../../shared/signatures/verify-terms.ts';
import { createSignatory } from './signatories.ts';

export interface PayloadCheck {
  readonly payload: Uint8Array | string;
  readonly signature: ArmorLines | Uint8Array | string | null;
  readonly keys?: readonly SigningKey[];
  readonly signatories?: readonly Signatory[];
  readonly compromisedKeys?: readonly string[];
  readonly terms?: Partial<VerifyTerms>;
  readonly committedAt?: number;
}

/** Late enough for every signature that a test makes. */
export const LATE = Date.UTC(2040, 0, 1) / 1000;

/** Verifies one signature by Alice's keys, or by the signatories given. */
export function verifyPayload(check: PayloadCheck): SignatureEvidence | Refusal {
  const {
    payload,
    signature,
    keys = [],
    signatories = [createSignatory(keys)],
    compromisedKeys = [],
    terms,
    committedAt = 1_767_225_600,
  } = check;
  const signed = {
    payload: Buffer.from(payload),
    signature:
      typeof signature === 'string' || signature instanceof Uint8Array ? armorLines(Buffer.from(signature)) : signature,
    committer: { name: 'Alice', email: 'alice@example.com', seconds: committedAt },
  };
  return verifySignature(signed, createKeyring(signatories, compromisedKeys), {
    keyTime: 'first-seen',
    matchEmail: false,
    firstSeen: LATE,
    ...terms,
  });
}

/** `verified`, or the reason. */
export function outcomeOf(check: PayloadCheck): string {
  const result = verifyPayload(check);
  return result.outcome === 'verified' ? 'verified' : result.reason;
}
