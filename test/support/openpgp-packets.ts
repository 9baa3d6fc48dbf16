/** A signature packet's fields as they stand in it (RFC 9580, section 5.2.3): read by a test's own eyes, not by what it tests. */
export interface SignatureFields {
  readonly version: number;
  readonly type: number;
  readonly algorithm: number;
  readonly hash: number;
  readonly hashed: Buffer;
  readonly unhashed: Buffer;
  readonly digestStart: Buffer;
  /** With its length; empty in version 4. */
  readonly salt: Buffer;
  readonly material: Buffer;
}

/** The bytes of the first armor block, whatever its headers, line ends and checksum. */
export function dearmor(armor: Uint8Array): Buffer {
  const lines = Buffer.from(armor)
    .toString('latin1')
    .split('\n')
    .map((line) => line.replace(/[ \t\r]+$/, ''));
  const end = lines.findIndex((line) => line.startsWith('-----END '));
  // In OpenPGP an empty line ends the headers; SSH has none.
  const blank = lines[0]?.includes('PGP') ? lines.indexOf('') : -1;
  const body = lines.slice(blank === -1 || blank > end ? 1 : blank + 1, end).filter((line) => !line.startsWith('='));
  return Buffer.from(body.join(''), 'base64');
}

/** The body of the first packet, in either form of header, without partial lengths. */
export function packetBody(packets: Buffer): Buffer {
  const [first = 0, second = 0, third = 0] = packets;
  if ((first & 0x40) === 0) {
    const bytes = 1 << (first & 3);
    return packets.subarray(1 + bytes, 1 + bytes + packets.readUIntBE(1, bytes));
  }
  if (second < 192) return packets.subarray(2, 2 + second);
  if (second < 255) return packets.subarray(3, 3 + ((second - 192) << 8) + third + 192);
  return packets.subarray(6, 6 + packets.readUInt32BE(2));
}

export function readSignatureFields(body: Buffer): SignatureFields {
  const [version = 0, type = 0, algorithm = 0, hash = 0] = body;
  const width = version === 6 ? 4 : 2;
  let at = 4;
  const take = (length: number) => {
    at += length;
    return body.subarray(at - length, at);
  };
  const area = () => take(take(width).readUIntBE(0, width));
  const [hashed, unhashed, digestStart] = [area(), area(), take(2)];
  const salt = version === 6 ? Buffer.concat([take(1), take(body[at - 1] ?? 0)]) : Buffer.alloc(0);
  return { version, type, algorithm, hash, hashed, unhashed, digestStart, salt, material: body.subarray(at) };
}

/** The reverse of `readSignatureFields`. */
export function writeSignatureFields(fields: SignatureFields): Buffer {
  const { version, type, algorithm, hash, hashed, unhashed, digestStart, salt, material } = fields;
  const area = (bytes: Buffer) => {
    const length = Buffer.alloc(version === 6 ? 4 : 2);
    length.writeUIntBE(bytes.length, 0, length.length);
    return Buffer.concat([length, bytes]);
  };
  const head = Buffer.of(version, type, algorithm, hash);
  return Buffer.concat([head, area(hashed), area(unhashed), digestStart, salt, material]);
}

const CRC24_START = 0xb704ce;
const CRC24_POLYNOMIAL = 0x1864cfb;

/** Armor as gpg writes it, with its checksum (RFC 9580, section 6.1): GnuPG 2.2 stumbles where that is missing and nothing is padded. */
export function armorWithChecksum(packets: Uint8Array): Buffer {
  let crc = CRC24_START;
  for (const byte of packets) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) {
      crc <<= 1;
      if ((crc & 0x1000000) !== 0) crc ^= CRC24_POLYNOMIAL;
    }
  }
  const checksum = Buffer.of(crc >> 16, (crc >> 8) & 0xff, crc & 0xff).toString('base64');
  const lines =
    Buffer.from(packets)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const [begin, end] = ['-----BEGIN PGP SIGNATURE-----', '-----END PGP SIGNATURE-----'];
  return Buffer.from([begin, '', ...lines, `=${checksum}`, end, ''].join('\n'));
}

/** All of a signature that is signed or signs, each number by its value: not the unhashed area. Null where it cannot be read. */
export function openPgpValue(packets: Buffer): Buffer | null {
  try {
    const { version, type, algorithm, hash, hashed, digestStart, salt, material } = readSignatureFields(
      packetBody(packets),
    );
    const numbers = MPI_ALGORITHMS.has(algorithm) ? readNumbers(material) : material;
    return Buffer.concat([Buffer.of(version, type, algorithm, hash), hashed, digestStart, salt, numbers]);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** RSA twice, ECDSA and EdDSA: the others have bytes of a fixed length. */
const MPI_ALGORITHMS: ReadonlySet<number> = new Set([1, 3, 19, 22]);

/** Each number by its value: the count of its bits may be that of more. */
function readNumbers(material: Buffer): Buffer {
  const numbers: string[] = [];
  for (let at = 0; at < material.length; ) {
    const end = at + 2 + ((material.readUInt16BE(at) + 7) >> 3);
    if (end > material.length) throw new RangeError('A number ends too early.');
    numbers.push(material.toString('hex', at + 2, end).replace(/^(?:00)+/, ''));
    at = end;
  }
  return Buffer.from(numbers.join());
}
