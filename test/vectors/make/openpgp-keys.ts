import { createHash } from 'node:crypto';
import * as openpgp from 'openpgp';
import { compileCertificates } from '../../../shared/signatures/openpgp/compile-certificates.ts';
import {
  backSignature,
  binding,
  createCertificateKey,
  directSignature,
  subkeyPacket,
} from '../../support/forge-certificate.ts';
import { createForgingKey, creationTime, issuerKeyId } from '../../support/forge-openpgp.ts';
import { addGpgSubkey } from '../../support/signing.ts';
import { createForgedSigner, createGpgSigner, forgeCertificate } from './keys.ts';
import { type Area, KEYS_MADE, type NewVector, SIGNED, type Signer, type Workshop } from './workshop.ts';

const NOT_SIGNING = 'locked at T on A: not_signing_key';
const TRUSTED = 'trusted A';
const made = 'Packets put together by hand and signed with node:crypto.';

type More = Partial<NewVector> & Pick<NewVector, 'policy'>;
type Sign = (name: string, expect: string, signer: Signer, more: More) => Promise<void>;

/** Trust rule 2.2: which keys of which certificates sign. */
export async function makeOpenPgpKeys(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const sign: Sign = async (name, expect, signer, more) => {
    const history = await area.history();
    await history.commit('A', {}, signer);
    area.record(history, { rule: '2.2', made: 'gpg.', name, expect, ...more });
  };
  await makeCollisions(area, sign);
  await makeSubkeys(workshop, area, sign);
  await makeCopies(area, sign);
  await makeVersion6(area, sign);
  return area;
}

/** A signature that names its key by id alone. */
async function makeCollisions(area: Area, sign: Sign): Promise<void> {
  const forger = createForgedSigner();
  const good = createForgedSigner();
  area.files['forged.asc'] = forgeCertificate(forger.key);
  area.files['alice.asc'] = forgeCertificate(good.key);
  const policy = {
    signatories: [
      { name: 'Alice', openpgp: 'alice.asc' },
      { name: 'Forged', openpgp: 'forged.asc' },
    ],
  };
  const { record } = forger.key;
  const byId = { created: SIGNED, hashed: [creationTime(SIGNED)], unhashed: [issuerKeyId(record)] };
  const row = 'key-id collision';
  await sign('a key id and no fingerprint', TRUSTED, forger.by(byId), { policy, made, row });
  // Two certificates for one 64-bit id take some 2^33 keys, so the second is a record that no certificate was compiled to.
  const twin = createForgingKey('ed25519Legacy', {
    fingerprint: `${'0'.repeat(24)}${record.keyId}`,
    created: KEYS_MADE,
  });
  const other = createForgingKey('rsa2048', { fingerprint: `${'f'.repeat(24)}${record.keyId}`, created: KEYS_MADE });
  const cli = 'The command reads certificates alone, and two of one key id cannot be made.';
  const collision = {
    made: `${made} The policy's other keys of that id are records without a certificate.`,
    row,
    'not-by': { cli },
  };
  const records = { Alice: [twin.record, other.record] };
  await sign('a key id that three keys have', TRUSTED, forger.by(byId), {
    ...collision,
    policy: { ...policy, records },
  });
  await sign(
    "a key id that other signatories' keys have, and not the signer's",
    'locked at T on A: invalid',
    forger.by(byId),
    {
      ...collision,
      policy: { signatories: policy.signatories.filter(({ name }) => name === 'Alice'), records },
    },
  );
}

async function makeSubkeys(workshop: Workshop, area: Area, sign: Sign): Promise<void> {
  const primary = createCertificateKey();
  const subkey = createCertificateKey();
  const consent = backSignature(primary, subkey);
  const certify = (file: string, bound: Buffer) => {
    area.files[file] = forgeCertificate(primary, { more: [subkeyPacket(subkey), bound] });
    return { policy: { signatories: [{ name: 'Alice', openpgp: file }] }, made };
  };
  const bySubkey = createForgedSigner(subkey).by();
  const withConsent = certify('subkey.asc', binding(primary, subkey, consent));
  await sign('by a subkey that both sides signed for', TRUSTED, bySubkey, withConsent);
  const row = 'subkey without back-signature';
  const without = certify('no-back-signature.asc', binding(primary, subkey, null));
  await sign('by a subkey that never consented', NOT_SIGNING, bySubkey, { ...without, row });
  const stranger = createCertificateKey();
  const foreign = certify(
    'foreign-back-signature.asc',
    binding(primary, subkey, backSignature(primary, subkey, {}, stranger)),
  );
  await sign('by a subkey for which another key consented', NOT_SIGNING, bySubkey, { ...foreign, row });
  const unbound = certify('foreign-binding.asc', binding(primary, subkey, consent, {}, stranger));
  await sign('by a subkey that another key bound', NOT_SIGNING, bySubkey, unbound);
  const encryption = certify('encryption.asc', binding(primary, subkey, null, { flags: 0x0c }));
  await sign('by an encryption subkey', NOT_SIGNING, bySubkey, { ...encryption, row: 'encryption subkey' });

  // Anybody can put another's key under a primary of their own: a collision of key ids that costs nothing.
  const thief = createCertificateKey();
  area.files['thief.asc'] = forgeCertificate(thief, { more: [subkeyPacket(subkey), binding(thief, subkey, null)] });
  const [owner, adopter] = [
    { name: 'Alice', openpgp: 'subkey.asc' },
    { name: 'Thief', openpgp: 'thief.asc' },
  ];
  const byId = { hashed: [creationTime(SIGNED)], unhashed: [issuerKeyId(subkey.record)] };
  const collision = { made, row: 'key-id collision' };
  await sign('by a subkey that a second certificate took', TRUSTED, createForgedSigner(subkey).by(byId), {
    ...collision,
    policy: { signatories: [adopter, owner] },
  });
  await sign(
    'by a subkey that only the certificate of its thief holds',
    NOT_SIGNING,
    createForgedSigner(subkey).by(byId),
    {
      ...collision,
      policy: { signatories: [adopter] },
    },
  );

  const bob = await createGpgSigner(workshop, { name: 'Bob', email: 'bob@example.com', algo: 'nistp256' });
  const signing = await addGpgSubkey(bob.key, { algo: 'ed25519', usage: 'sign', at: KEYS_MADE });
  area.files['bob.asc'] = await bob.certificate();
  await sign("by a signing subkey of gpg's own", TRUSTED, bob.by({ key: `${signing}!` }), {
    policy: { signatories: [{ name: 'Bob', openpgp: 'bob.asc' }] },
  });
  const certifier = createCertificateKey();
  const good = createCertificateKey();
  area.files['certifier.asc'] = [certifier, good]
    .map((key) => forgeCertificate(key, { claim: { flags: key === good ? 3 : 1 } }))
    .join('');
  await sign('by a primary key that may only certify', NOT_SIGNING, createForgedSigner(certifier).by(), {
    policy: { signatories: [{ name: 'Alice', openpgp: 'certifier.asc' }] },
    made,
  });
}

/** Copies of one certificate, of which gpg makes one when it imports them. */
async function makeCopies(area: Area, sign: Sign): Promise<void> {
  const signer = createForgedSigner();
  const { key } = signer;
  const lifetime = SIGNED - 86_400 - key.record.created;
  area.files['endless.asc'] = forgeCertificate(key, { claim: { after: 60 } });
  area.files['ended.asc'] = forgeCertificate(key, {
    before: [directSignature(key, { lifetime })],
    claim: { lifetime },
  });
  area.files['former.asc'] = forgeCertificate(key, { claim: { lifetime } });
  const listed = (...files: readonly string[]) => ({
    policy: { signatories: files.map((openpgp) => ({ name: openpgp === files[0] ? 'Alice' : 'Bob', openpgp })) },
    made,
  });
  const EXPIRED = 'locked at T on A: expired_key';
  await sign('by a key whose certificate stands in one file', TRUSTED, signer.by(), listed('endless.asc'));
  const another = "by a key that ended, as a copy in another signatory's file says";
  await sign(another, EXPIRED, signer.by(), listed('endless.asc', 'ended.asc'));
  await sign(`${another}, which is listed first`, EXPIRED, signer.by(), listed('ended.asc', 'endless.asc'));
  await sign(
    "by a key that another signatory's copy renewed",
    TRUSTED,
    signer.by(),
    listed('former.asc', 'endless.asc'),
  );
}

/** Version 6 (RFC 9580), which this gpg does not know. */
async function makeVersion6(area: Area, sign: Sign): Promise<void> {
  for (const [name, type] of [
    ['Ed25519', 'curve25519'],
    ['Ed448', 'curve448'],
  ] as const) {
    const { privateKey, publicKey } = await openpgp.generateKey({
      type,
      config: { v6Keys: true },
      userIDs: { name: 'Alice', email: 'alice@example.com' },
      date: new Date(KEYS_MADE * 1000),
      format: 'object',
    });
    const file = `v6-${type}.asc`;
    area.files[file] = publicKey.armor();
    if ((await compileCertificates(Buffer.from(publicKey.armor()))).problems.length > 0) throw new Error(file);
    const signer: Signer = async (payload) => {
      const message = await openpgp.createMessage({ binary: payload });
      const date = new Date(SIGNED * 1000);
      return openpgp.sign({ message, signingKeys: privateKey, detached: true, date });
    };
    const more = { policy: { signatories: [{ name: 'Alice', openpgp: file }] }, made: 'openpgp.js.' };
    await sign(`version 6, ${name}`, TRUSTED, signer, more);
    await sign(
      `version 6, ${name}, over other bytes`,
      'locked at T on A: invalid',
      (payload) => signer(createHash('sha256').update(payload).digest()),
      more,
    );
  }
}
