import { describe, expect, it } from 'vitest';
import type { Oid } from '../../../shared/model/oid.ts';
import type { SignatureKeys, Verdict } from '../../../shared/model/verdict.ts';
import { listEvidence } from '../../../shared/trust/list-evidence.ts';
import { acceptedVerdictOf, oidOf, verdictOf } from '../../support/small-history.ts';

const bySubkey: SignatureKeys = { fingerprint: 'sub', certifiedBy: 'primary', certificate: null };
const byCertificate = (serial: string): SignatureKeys => ({
  ...{ fingerprint: 'SHA256:leaf', certifiedBy: 'SHA256:ca' },
  certificate: { serial, keyId: 'Ym9i' },
});

function evidenceOf(...signers: readonly SignatureKeys[]) {
  return listEvidence(signers.map((keys, n) => ({ ...verdictOf(oidNumbered(n), undefined), ...keys }) as Verdict));
}

describe('listEvidence', () => {
  it('names what an operator vouched for, and no refused or unknown commit (trust rule 2.7)', () => {
    const [one, two] = [oidOf('1'), oidOf('2')];
    const accepted = [{ commit: one, reason: 'Reviewed by hand.' }];
    const refused = verdictOf(two, 'unsigned');
    expect(listEvidence([acceptedVerdictOf(one), refused, undefined])).toEqual({ accepted, signedBy: [] });
    expect(listEvidence([refused])).toEqual({ accepted: [], signedBy: [] });
  });

  it('names every key once, with what certifies it (trust rule 3.3)', () => {
    const keys = [bySubkey, byCertificate('1'), byCertificate('2'), byCertificate('1'), bySubkey];
    expect(evidenceOf(...keys).signedBy).toEqual([bySubkey, byCertificate('1'), byCertificate('2')]);
    expect(evidenceOf({ ...bySubkey, certifiedBy: null }, bySubkey).signedBy).toHaveLength(2);
  });

  it('says that it does not know, where there are more than an item holds', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => byCertificate(String(n)));
    expect(evidenceOf(...many.slice(0, 1_000)).signedBy).toHaveLength(1_000);
    expect(evidenceOf(...many).signedBy).toBeNull();
  });
});

function oidNumbered(n: number): Oid {
  return n.toString(16).padStart(40, '0') as Oid;
}
