import { createHash } from 'node:crypto';
import * as openpgp from 'openpgp';
import { compileCertificates } from '../../../shared/signatures/openpgp/compile-certificates.ts';
import { backSignature, binding, createCertificateKey, subkeyPacket } from '../../support/forge-certificate.ts';
import {
  createForgingKey,
  creationTime,
  currentPacket,
  type Forgery,
  forgeSignature,
  issuerFingerprint,
  issuerKeyId,
  legacyPacket,
} from '../../support/forge-openpgp.ts';
import { addGpgSubkey } from '../../support/signing.ts';
import { createForgedSigner, createGpgSigner, forgeCertificate, widenNumber } from './keys.ts';
import { type Area, KEYS_MADE, SIGNED, type Signer, type Workshop } from './workshop.ts';

const MALFORMED = 'locked at T on A: malformed_signature';
const NOT_SIGNING = 'locked at T on A: not_signing_key';
const TRUSTED = 'trusted A';

type More = Partial<Parameters<Area['record']>[1]>;
type Sign = (name: string, expect: string, signer: Signer, more?: More) => Promise<void>;

/** Trust rule 2.2: what an OpenPGP signature says beside its number, and which key it is found by. */
export async function makeOpenPgpPackets(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const forger = createForgedSigner();
  const alice = await createGpgSigner(workshop, { algo: 'rsa2048' });
  area.files['forged.asc'] = forgeCertificate(forger.key);
  area.files['alice.asc'] = await alice.certificate();
  const signatories = [
    { name: 'Alice', openpgp: 'alice.asc' },
    { name: 'Forged', openpgp: 'forged.asc' },
  ];
  const policy = { signatories };
  const sign: Sign = async (name, expect, signer, more = {}) => {
    const history = await area.history();
    await history.commit('A', {}, signer);
    area.record(history, { policy, rule: '2.2', made: 'gpg.', name, expect, ...more });
  };
  const made = 'Packets put together by hand and signed with node:crypto.';
  const forge = (name: string, expect: string, forgery: Forgery, more: More = {}) =>
    sign(name, expect, forger.by(forgery), { made, ...more });

  await forge('a forged packet that is as it should be', TRUSTED, {});
  await forge('in the packet format of RFC 9580', TRUSTED, { packet: currentPacket });
  for (const [type, name] of [
    [0x02, '0x02'],
    [0x10, '0x10'],
    [0x40, '0x40'],
  ] as const) {
    await forge(`of type ${name}`, MALFORMED, { type }, { row: `type ${name}` });
  }
  await forge('of type 0x01', MALFORMED, { type: 0x01 }, { row: 'text-mode signature' });
  await forge('a signature of version 3', 'locked at T on A: unknown_signature_type', { version: 3 });
  const { record } = forger.key;
  const [time, fingerprint, keyId] = [creationTime(SIGNED), issuerFingerprint(record), issuerKeyId(record)];
  const ofSix = { version: 6, hashed: [time], unhashed: [keyId] };
  await forge('a signature of version 6 by a key of version 4', 'locked at T on A: unknown_key', ofSix);
  const unknown = { row: 'unknown critical subpacket' };
  await forge(
    'a critical subpacket that nobody knows',
    MALFORMED,
    { moreHashed: [[0x80 | 60, Buffer.from('x')]] },
    unknown,
  );
  await forge(
    'a critical subpacket that belongs to certificates',
    MALFORMED,
    { moreHashed: [[0x80 | 27, Buffer.of(2)]] },
    unknown,
  );
  const outside = { unhashed: [issuerKeyId(forger.key.record), [0x80 | 60, Buffer.from('x')]] as const };
  await forge('a critical subpacket that nobody knows, outside the hashed area', MALFORMED, outside, unknown);
  await forge('a subpacket that nobody knows', TRUSTED, { moreHashed: [[60, Buffer.from('x')]] });
  await forge(
    'wrong left 16 bits',
    MALFORMED,
    { packet: (body) => legacyPacket(spoilDigestStart(body)) },
    { row: 'wrong left 16 bits' },
  );
  await forge('a number that is not in its shortest form', MALFORMED, { material: widenNumber });

  const wrongKeyId = [16, Buffer.alloc(8, 0xee)] as const;
  const undated = { row: 'no hashed creation time' };
  await forge('no creation time', MALFORMED, { hashed: [fingerprint] }, undated);
  await forge('a creation time that is not hashed', MALFORMED, { hashed: [fingerprint], unhashed: [time] }, undated);
  await forge('two creation times', MALFORMED, { moreHashed: [time] }, undated);
  await forge('a fingerprint in the hashed area and a wrong key id outside', TRUSTED, { unhashed: [wrongKeyId] });
  await forge('a fingerprint outside the hashed area, as a hint', TRUSTED, { hashed: [time], unhashed: [fingerprint] });
  await forge('no issuer', MALFORMED, { hashed: [time], unhashed: [] });
  await forge("another key's id in the hashed area", 'locked at T on A: unknown_key', {
    hashed: [time, wrongKeyId],
    unhashed: [keyId],
  });
  await forge('a lifetime of its own that is over', 'locked at T on A: expired_key', {
    moreHashed: [[3, Buffer.from([0, 0, 0x0e, 0x10])]],
  });
  await sign('a signature by a key that nobody lists', 'locked at T on A: unknown_key', createForgedSigner().by(), {
    made,
  });
  await sign(
    "another key's number under this key's name",
    'locked at T on A: invalid',
    (payload) => forgeSignature({ record, privateKey: createForgingKey().privateKey }, payload, { created: SIGNED }),
    { made },
  );

  await sign('a critical notation', MALFORMED, alice.by({ args: ['--sig-notation', '!a@example.com=b'] }), {
    row: 'unknown critical notation',
  });
  await sign('a notation', TRUSTED, alice.by({ args: ['--sig-notation', 'a@example.com=b'] }));
  await sign('in text mode', MALFORMED, alice.by({ args: ['--textmode'] }), { row: 'text-mode signature' });
  for (const [name, expect, args] of [
    ['in text mode, line ends changed to CRLF afterwards', MALFORMED, ['--textmode']],
    ['line ends changed to CRLF afterwards', 'locked at T on A: invalid', []],
  ] as const) {
    const history = await area.history();
    const toCrlf = (text: string) => text.replace(/(?<=\n\n[\s\S]*)\n/g, '\r\n');
    await history.commit('A', { message: 'One\nTwo', after: toCrlf }, alice.by({ args }));
    area.record(history, {
      ...{ policy, rule: ['2.2', '1.4'], name, expect },
      row: 'text-mode signature and CRLF change',
      made: 'gpg, and the message was changed, which a text-mode signature survives.',
    });
  }

  await makeCollisions(sign, { policy: { signatories }, forger, made });
  await makeSubkeys(workshop, area, sign, made);
  await makeVersion6(area, sign);
  return area;
}

interface Forged {
  readonly policy: { readonly signatories: readonly { readonly name: string; readonly openpgp: string }[] };
  readonly forger: ReturnType<typeof createForgedSigner>;
  readonly made: string;
}

/** A signature that names its key by id alone. */
async function makeCollisions(sign: Sign, { policy, forger, made }: Forged): Promise<void> {
  const { record } = forger.key;
  const byId = { created: SIGNED, hashed: [creationTime(SIGNED)], unhashed: [issuerKeyId(record)] };
  const row = 'key-id collision';
  await sign('a key id and no fingerprint', TRUSTED, forger.by(byId), { made, row });
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

async function makeSubkeys(workshop: Workshop, area: Area, sign: Sign, made: string): Promise<void> {
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

/** The two bytes behind both areas of subpackets (RFC 9580, section 5.2.3). */
function spoilDigestStart(body: Buffer): Buffer {
  const hashed = 6 + body.readUInt16BE(4);
  const start = hashed + 2 + body.readUInt16BE(hashed);
  const spoiled = Buffer.from(body);
  spoiled.writeUInt16BE(body.readUInt16BE(start) ^ 0xffff, start);
  return spoiled;
}
