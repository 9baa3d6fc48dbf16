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
import {
  countOneLess,
  countWholeBytes,
  createForgedSigner,
  createGpgSigner,
  forgeCertificate,
  widenNumber,
} from './keys.ts';
import { type Area, type NewVector, SIGNED, type Signer, type Workshop } from './workshop.ts';

const MALFORMED = 'locked at T on A: malformed_signature';
const TRUSTED = 'trusted A';

type More = Partial<NewVector>;
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
  await forge('a number that is longer than its key', MALFORMED, { material: widenNumber });
  await forge('a number that is padded to its key, as by GitHub', TRUSTED, { material: countWholeBytes });
  await forge('a number with a bit that is not counted', MALFORMED, { material: countOneLess });

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

  return area;
}

/** The two bytes behind both areas of subpackets (RFC 9580, section 5.2.3). */
function spoilDigestStart(body: Buffer): Buffer {
  const hashed = 6 + body.readUInt16BE(4);
  const start = hashed + 2 + body.readUInt16BE(hashed);
  const spoiled = Buffer.from(body);
  spoiled.writeUInt16BE(body.readUInt16BE(start) ^ 0xffff, start);
  return spoiled;
}
