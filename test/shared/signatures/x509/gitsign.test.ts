import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { parseCommit } from '../../../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../../shared/model/limits.ts';
import { parseOid } from '../../../../shared/model/oid.ts';
import type { X509Identity } from '../../../../shared/model/signatory.ts';
import { readPlainArmor } from '../../../../shared/signatures/read-plain-armor.ts';
import { type SignedPayload, splitCommit } from '../../../../shared/signatures/split-commit.ts';
import type { DerElement } from '../../../../shared/signatures/x509/der-element.ts';
import { loadSigstore } from '../../../../shared/signatures/x509/load-sigstore.ts';
import { OID } from '../../../../shared/signatures/x509/oids.ts';
import { parseCms } from '../../../../shared/signatures/x509/parse-cms.ts';
import { addUnsigned, changeSignedData, der } from '../../../support/cms-writer.ts';
import { describeWithSharedData, sharedData } from '../../../support/shared-data.ts';
import { createSignatory } from '../../../support/signatories.ts';
import { verifyPayload } from '../../../support/verify-payload.ts';
import { armorCms } from '../../../support/x509-signing.ts';

const ADAM = '44ed33f7e317e29efa1f0188faa5d2a044fbef76';
const ADAM_SIGNED_AT = 1_785_871_774;
const BILLY = 'dc68e8ce155fe12ab8fd7c55de6ef336ce716ee8';
const WITHOUT_PROOF = '80702be397d481d09e8fa434446a4ab7b66f6a11';
const TWO_CERTIFICATES = 'de66e03966ebf5ff19336176966d18b4a582b575';
const OTHER_ENCODING = 'c47e8bf5c86212dc9b6db0e3ec4df27a978b3d6e';
const GOOGLE = 'https://accounts.google.com';

describeWithSharedData('commits that gitsign signed (trust rule 2.4)', () => {
  let trustedRoot: string;
  const identity = (name: string, changes: Partial<X509Identity> = {}, issuer = GOOGLE): X509Identity => ({
    ...{ format: 'x509', fingerprint: name, identity: name, isPattern: false },
    trust: { kind: 'sigstore', issuer, trustedRoot },
    ...changes,
  });
  const anybody = (issuer?: string) => identity('.*', { isPattern: true }, issuer);

  beforeAll(async () => {
    trustedRoot = readFileSync(sharedData('signatures', 'gitsign', 'trusted_root.json'), 'utf8');
    await loadSigstore([createSignatory([anybody()])]);
  });

  /** The outcome for a commit's payload under its own signature, or one that was made from it. */
  function judge(
    id: string,
    by: X509Identity,
    change: (cms: Buffer) => Buffer = (cms) => cms,
    payload = split(id).payload,
  ) {
    const signature = armorCms(change(cmsOf(id)));
    return verifyPayload({ payload, signature, signatories: [createSignatory([by])] });
  }

  it('count where they carry the proof of their time, for the identity that they were made by', () => {
    expect(judge(ADAM, identity('adam.kaplan@chainguard.dev'))).toMatchObject({
      ...{ outcome: 'verified', format: 'x509', signatory: 'Alice', signedAt: ADAM_SIGNED_AT },
      ...{
        certifiedBy: expect.stringMatching(/^SHA256:.{43}$/),
        certificate: null,
        others: [expect.any(String)],
        fingerprint: expect.stringMatching(/^SHA256:.{43}$/),
      },
    });
    expect(judge(BILLY, identity('[a-z]+@chainguard[.]dev', { isPattern: true }))).toMatchObject({
      outcome: 'verified',
    });
  });

  it('do not count where an authority of Fulcio is compromised (trust rule 3.3)', () => {
    const found = judge(ADAM, anybody());
    if (found.outcome !== 'verified') throw new Error(found.message);
    const signature = armorCms(cmsOf(ADAM));
    for (const key of [found.fingerprint, String(found.certifiedBy), ...(found.others ?? [])]) {
      const signatories = [createSignatory([anybody()])];
      const judged = verifyPayload({ payload: split(ADAM).payload, signature, signatories, compromisedKeys: [key] });
      expect(judged).toMatchObject({ outcome: 'refused' });
    }
  });

  it('do not count without that proof, and say how to have it', () => {
    const found = [judge(WITHOUT_PROOF, anybody('https://github.com/login/oauth')), judge(TWO_CERTIFICATES, anybody())];
    for (const each of found) {
      expect(each).toMatchObject({ reason: 'unproven_time', nextStep: expect.stringContaining('gitsign.rekorMode') });
    }
    expect(judge(OTHER_ENCODING, anybody())).toMatchObject({
      reason: 'malformed_signature',
      message: expect.stringContaining('its log entry'),
    });
  });

  it.each<[string, () => X509Identity]>([
    ['another name', () => identity('eve@chainguard.dev')],
    ['a part of the name', () => identity('kaplan@chainguard.dev')],
    ['a pattern for a part of the name', () => identity('kaplan@.*', { isPattern: true })],
    ['another issuer', () => identity('adam.kaplan@chainguard.dev', {}, 'https://github.com/login/oauth')],
    ['the beginning of the issuer', () => identity('adam.kaplan@chainguard.dev', {}, 'https://accounts.google')],
  ])('do not count for %s', (_, by) => {
    expect(judge(ADAM, by())).toMatchObject({ reason: 'unknown_key', message: expect.stringContaining('adam.kaplan') });
  });

  it.each<[string, (cms: Buffer) => Buffer]>([
    [
      'the log entry of another signature',
      (cms) => addUnsigned(cms, { [OID.transparencyLogEntry]: entryOf(cmsOf(BILLY)) }),
    ],
    ['another integrated time', (cms) => addUnsigned(cms, { [OID.transparencyLogEntry]: withTime(entryOf(cms), 1) })],
    ['no integrated time', (cms) => addUnsigned(cms, { [OID.transparencyLogEntry]: withTime(entryOf(cms), null) })],
    ['a time stamp that is none', (cms) => addUnsigned(cms, { [OID.timeStampToken]: der(0x30) })],
    ['an empty log entry', (cms) => addUnsigned(cms, { [OID.transparencyLogEntry]: der(0x04) })],
    ['a certificate with a bit changed', (cms) => changeSignedData(cms, withOtherCertificate)],
  ])('do not count with %s', (_, change) => {
    expect(judge(ADAM, anybody(), change)).toMatchObject({ outcome: 'refused' });
  });

  it('prove no other time whatever is changed in their log entry', () => {
    const entry = entryOf(cmsOf(ADAM));
    let refused = 0;
    for (let at = 4; at < entry.length; at += 11) {
      const found = judge(ADAM, anybody(), (cms) =>
        addUnsigned(cms, { [OID.transparencyLogEntry]: flipped(entry, at) }),
      );
      if (found.outcome === 'verified') expect(found.signedAt).toBe(ADAM_SIGNED_AT);
      else refused += 1;
    }
    // What is left belongs to witnesses of the log, whom nobody asks.
    expect(refused).toBeGreaterThan(40);
  });

  it('do not count over other bytes', () => {
    expect(judge(ADAM, anybody(), undefined, split(BILLY).payload)).toMatchObject({ reason: 'invalid' });
    expect(judge(ADAM, anybody(), () => cmsOf(BILLY))).toMatchObject({ reason: 'invalid' });
  });

  it('do not count by a trusted root that names others', () => {
    const root = JSON.parse(trustedRoot);
    const without = (part: string, kept = 0) => anybodyBy({ ...root, [part]: root[part].slice(0, kept) });
    expect(judge(ADAM, without('certificateAuthorities', 1))).toMatchObject({ outcome: 'refused' });
    for (const part of ['tlogs', 'ctlogs']) {
      expect(judge(ADAM, without(part))).toMatchObject({ outcome: 'refused' });
    }
    expect(judge(ADAM, without('timestampAuthorities'))).toMatchObject({ outcome: 'verified' });
  });

  function anybodyBy(root: object): X509Identity {
    return { ...anybody(), trust: { kind: 'sigstore', issuer: GOOGLE, trustedRoot: JSON.stringify(root) } };
  }
});

function split(id: string): SignedPayload {
  const raw = readFileSync(sharedData('signatures', 'gitsign', `${id}.commit`));
  const found = splitCommit(parseCommit(parseOid(id), raw, DEFAULT_BRANCH_LIMITS));
  if ('outcome' in found) throw new Error(found.message);
  return found;
}

function cmsOf(id: string): Buffer {
  const { signature } = split(id);
  if (signature === null) throw new Error('It is not signed.');
  return readPlainArmor(signature, 'SIGNED MESSAGE');
}

function entryOf(cms: Buffer): Buffer {
  return parseCms(cms).unsignedAttributes.get(OID.transparencyLogEntry)?.whole ?? Buffer.alloc(0);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = Number(changed[at]) ^ 1;
  return changed;
}

/** The entry with its time, field 4, moved by some seconds, or taken out. */
function withTime(entry: Buffer, seconds: number | null): Buffer {
  const content = entry.subarray(4);
  const time = Buffer.from([0x20, ...varint(ADAM_SIGNED_AT)]);
  const at = content.indexOf(time);
  if (at === -1) throw new Error('The entry holds another time.');
  const changed = seconds === null ? [] : [0x20, ...varint(ADAM_SIGNED_AT + seconds)];
  return der(0x04, content.subarray(0, at), Buffer.from(changed), content.subarray(at + time.length));
}

function varint(number: number): number[] {
  return number < 128 ? [number] : [(number % 128) | 128, ...varint(Math.floor(number / 128))];
}

/** The proof of its certification (SCT) lies near the certificate's end, before its signature. */
function withOtherCertificate(elements: readonly DerElement[]): readonly Uint8Array[] {
  return elements.map(({ tag, whole }) => (tag === 0xa0 ? flipped(whole, whole.length - 200) : whole));
}
