const LINE = /.{1,64}/g;
const CRC24_START = 0xb704ce;
const CRC24_POLYNOMIAL = 0x1864cfb;

/** A binary certificate as `gpg --armor --export` writes it (RFC 9580, section 6.2). */
export function armorCertificate(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString('base64').match(LINE) ?? [];
  // gpg 2.2 reads past the end of base64 that is not padded unless the checksum stops it.
  const sum = `=${checksum(bytes)}`;
  return ['-----BEGIN PGP PUBLIC KEY BLOCK-----', '', ...lines, sum, '-----END PGP PUBLIC KEY BLOCK-----', ''].join(
    '\n',
  );
}

/** CRC-24 (RFC 9580, section 6.1.1) in base64. */
function checksum(bytes: Uint8Array): string {
  let sum = CRC24_START;
  for (const byte of bytes) {
    sum ^= byte << 16;
    for (let bit = 0; bit < 8; bit += 1) {
      sum <<= 1;
      if (sum & 0x1000000) sum ^= CRC24_POLYNOMIAL;
    }
  }
  return Buffer.from([sum >> 16, sum >> 8, sum]).toString('base64');
}
