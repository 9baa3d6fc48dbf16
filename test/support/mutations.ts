import { cutSignature, insertHeader, signedCommit } from './commit-bytes.ts';
import { armorSignature, currentPacket, legacyPacket } from './forge-openpgp.ts';
import { armorSsh } from './forge-ssh.ts';
import { dearmor, packetBody, readSignatureFields, writeSignatureFields } from './openpgp-packets.ts';
import type { RandomNumbers } from './random-numbers.ts';

type Mutation = (raw: Buffer, other: Buffer, random: RandomNumbers) => Buffer;

/** Bytes that mean something in headers and armor. */
const TELLING = ['\n', ' ', '\r', '\r\n', '\n\n', '=', 'A', '-', '\0', '\t', '<', '>', ':', '\n '];
const ARMOR_HEADERS = [
  'Comment: hello',
  'Version: GnuPG v2',
  'Hash: SHA256',
  'Charset: UTF-8',
  'MessageID: x',
  'X-Evil: 1',
  'evil',
  'Comment:',
  `Comment: ${'x'.repeat(300)}`,
];
const HEADERS = [
  'gpgsig-x evil',
  'gpgsig',
  'gpgsig ',
  'gpgsig-sha256 x',
  'encoding UTF-8',
  'change-id z',
  'parent '.padEnd(47, '0'),
  'mergetag x',
];

/** Ways to change a commit; some have a second commit to take from. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'bytes changed': (raw, _, random) => {
    const mutant = Buffer.from(raw);
    for (let count = random.between(1, 4); count > 0; count -= 1)
      mutant[random.below(mutant.length)] = random.below(256);
    return mutant;
  },
  'bits flipped': (raw, _, random) => {
    const mutant = Buffer.from(raw);
    for (let count = random.between(2, 5); count > 0; count -= 1) {
      const at = random.below(mutant.length);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
    }
    return mutant;
  },
  'bytes inserted': (raw, _, random) => {
    const at = random.below(raw.length + 1);
    const added = random.below(2) === 0 ? random.bytes(random.between(1, 8)) : Buffer.from(random.pick(TELLING));
    return Buffer.concat([raw.subarray(0, at), added, raw.subarray(at)]);
  },
  'bytes deleted': (raw, _, random) => {
    const at = random.below(raw.length);
    return Buffer.concat([raw.subarray(0, at), raw.subarray(at + random.between(1, 16))]);
  },
  'a line duplicated': (raw, _, random) =>
    editLines(raw, (lines) => {
      const at = random.below(lines.length);
      return lines.toSpliced(random.below(lines.length + 1), 0, ...lines.slice(at, at + 1));
    }),
  'a line deleted': (raw, _, random) => editLines(raw, (lines) => lines.toSpliced(random.below(lines.length), 1)),
  'lines swapped': (raw, _, random) =>
    editLines(raw, (lines) => {
      const [one, other] = [random.below(lines.length), random.below(lines.length)];
      return lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '');
    }),
  'lines joined or split': (raw, _, random) =>
    editLines(raw, (lines) => {
      const at = random.below(lines.length);
      const [line = '', next = ''] = lines.slice(at);
      const cut = random.below(line.length + 1);
      const changed = random.below(2) === 0 ? [line + next] : [line.slice(0, cut), ` ${line.slice(cut)}`, next];
      return lines.toSpliced(at, 2, ...changed);
    }),
  'a chunk duplicated': (raw, _, random) => {
    const at = random.below(raw.length);
    const chunk = raw.subarray(at, at + random.between(1, 200));
    const to = random.below(raw.length + 1);
    return Buffer.concat([raw.subarray(0, to), chunk, raw.subarray(to)]);
  },
  'the signature of another commit': (raw, other) => signedCommit(cut(raw).payload, cut(other).armor),
  'spliced with another commit': (raw, other, random) => {
    const at = random.below(raw.length);
    const from = random.below(2) === 0 ? at + other.length - raw.length : random.below(other.length);
    return Buffer.concat([raw.subarray(0, at), other.subarray(Math.max(0, from))]);
  },
  'a line of another commit': (raw, other, random) => {
    const lines = other.toString('latin1').split('\n');
    return editLines(raw, (own) => own.toSpliced(random.below(own.length), random.below(2), random.pick(lines)));
  },
  'base64 wrapped anew': (raw, _, random) => editArmor(raw, (armor) => wrap(armor, random.between(1, 100))),
  'line ends changed': (raw, _, random) =>
    editArmor(raw, (armor) => {
      const end = random.pick(['\r\n', ' \n', '\t\r\n', '\n\n', '\r']);
      return random.below(2) === 0 ? armor.replaceAll('\n', end) : replaceNth(armor, '\n', end, random);
    }),
  'armor headers edited': (raw, _, random) =>
    editArmor(raw, (armor) => {
      const lines = armor.split('\n');
      return lines.toSpliced(random.between(1, 3), random.below(2), random.pick(ARMOR_HEADERS)).join('\n');
    }),
  'armor headers added': (raw, _, random) =>
    editArmor(raw, (armor) => armor.replace('\n', `\n${random.pick(ARMOR_HEADERS)}\n`)),
  'text around the armor': (raw, _, random) =>
    editArmor(raw, (armor) => {
      const text = random.pick(['\n', ' ', 'x', '\r\n', '\t\n', armor]);
      return random.below(2) === 0 ? armor + text : text + armor;
    }),
  'the checksum changed': (raw, _, random) =>
    editArmor(raw, (armor) => {
      const checksum = random.pick([
        '',
        '\n=AAAA',
        `\n=${random.bytes(3).toString('base64')}`,
        '\n=AAA',
        '\n=AAAA\n=AAAA',
      ]);
      return armor.replace(/(?:\n=.{4})?\n-----END/, `${checksum}\n-----END`);
    }),
  'bytes of the packets changed': (raw, _, random) =>
    editPackets(raw, (packets) => {
      const mutant = Buffer.from(packets);
      for (let count = random.between(1, 3); count > 0; count -= 1)
        mutant[random.below(mutant.length)] = random.below(256);
      return mutant;
    }),
  'bytes of the packets inserted or deleted': (raw, _, random) =>
    editPackets(raw, (packets) => {
      const at = random.below(packets.length + 1);
      const added = random.bytes(random.below(3));
      return Buffer.concat([packets.subarray(0, at), added, packets.subarray(at + random.below(3))]);
    }),
  'packets behind or before': (raw, other, random) =>
    editPackets(raw, (packets) => {
      const added = random.pick([
        dearmor(cut(other).armor),
        packets,
        Buffer.from('ca03504750', 'hex'),
        random.bytes(4),
      ]);
      return random.below(2) === 0 ? Buffer.concat([packets, added]) : Buffer.concat([added, packets]);
    }),
  'the unhashed area changed': (raw, _, random) =>
    editPackets(raw, (packets) => {
      if (!isOpenPgp(raw)) return Buffer.concat([packets, random.bytes(1)]);
      const fields = readSignatureFields(packetBody(packets));
      const body = random.bytes(random.below(12));
      const added = Buffer.concat([
        Buffer.of(body.length + 1, random.pick([16, 20, 33, 100, 0x80 | 16, random.below(256)])),
        body,
      ]);
      const unhashed = random.pick([
        added,
        Buffer.concat([fields.unhashed, added]),
        Buffer.concat([added, fields.unhashed]),
        Buffer.alloc(0),
        random.bytes(10),
      ]);
      const header = random.pick([legacyPacket, currentPacket]);
      return header(writeSignatureFields({ ...fields, unhashed }));
    }),
  'another packet header': (raw, _, random) =>
    editPackets(raw, (packets) => {
      if (!isOpenPgp(raw)) return Buffer.concat([random.bytes(1), packets]);
      const body = Buffer.from(packetBody(packets));
      if (random.below(2) === 0) return currentPacket(body);
      return Buffer.concat([Buffer.of(0x8a), Buffer.of(0, 0, body.length >> 8, body.length & 0xff), body]);
    }),
  'a header added': (raw, _, random) => {
    const header = Buffer.from(`${random.pick(HEADERS)}\n`);
    if (random.below(2) === 0) return insertHeader(raw, header);
    return editLines(raw, (lines) => lines.toSpliced(random.below(6), 0, header.toString().trimEnd()));
  },
  'the signature moved': (raw, _, random) => {
    const { payload, armor } = cut(raw);
    const header = Buffer.from(signedCommit(Buffer.from('\n\n'), armor).subarray(1, -1));
    const lines = payload.toString('latin1').split('\n');
    return Buffer.from(
      lines.toSpliced(random.below(lines.length), 0, header.toString('latin1').replace(/\n$/, '')).join('\n'),
      'latin1',
    );
  },
  'the signature’s name changed': (raw, _, random) => {
    const names = ['gpgsig-sha256', 'gpgsigX', 'Gpgsig', 'gpgsi', 'signature', 'gpgsig-'];
    return Buffer.from(raw.toString('latin1').replace('\ngpgsig ', `\n${random.pick(names)} `), 'latin1');
  },
};

function cut(raw: Buffer): { readonly payload: Buffer; readonly armor: Buffer } {
  // A mutant of a mutant may have no signature left: then all of it is payload.
  return cutSignature(raw) ?? { payload: raw, armor: Buffer.from('none\n') };
}

function isOpenPgp(raw: Buffer): boolean {
  return raw.includes('-----BEGIN PGP SIGNATURE-----');
}

function editLines(raw: Buffer, edit: (lines: readonly string[]) => readonly string[]): Buffer {
  return Buffer.from(edit(raw.toString('latin1').split('\n')).join('\n'), 'latin1');
}

function editArmor(raw: Buffer, edit: (armor: string) => string): Buffer {
  const { payload, armor } = cut(raw);
  return signedCommit(payload, Buffer.from(edit(armor.toString('latin1').trimEnd()), 'latin1'));
}

function editPackets(raw: Buffer, edit: (packets: Buffer) => Buffer): Buffer {
  const { payload, armor } = cut(raw);
  const packets = attempt(() => edit(dearmor(armor)));
  return packets === null ? raw : signedCommit(payload, isOpenPgp(raw) ? armorSignature(packets) : armorSsh(packets));
}

/** Packets that an earlier mutation broke cannot be read: null. */
function attempt(edit: () => Buffer): Buffer | null {
  try {
    return edit();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function wrap(armor: string, width: number): string {
  const lines = armor.split('\n');
  const start = lines.indexOf('') === -1 ? 1 : lines.indexOf('') + 1;
  const base64 = lines
    .slice(start, -1)
    .filter((line) => !line.startsWith('='))
    .join('');
  return [...lines.slice(0, start), ...(base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? []), ...lines.slice(-1)].join(
    '\n',
  );
}

function replaceNth(text: string, what: string, by: string, random: RandomNumbers): string {
  const parts = text.split(what);
  const at = random.between(1, Math.max(1, parts.length - 1));
  return parts.slice(0, at).join(what) + by + parts.slice(at).join(what);
}
