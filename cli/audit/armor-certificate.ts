const LINE = /.{1,64}/g;

/** A binary certificate as `gpg --armor --export` writes it (RFC 9580, section 6.2), without the checksum that nobody needs. */
export function armorCertificate(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString('base64').match(LINE) ?? [];
  return ['-----BEGIN PGP PUBLIC KEY BLOCK-----', '', ...lines, '-----END PGP PUBLIC KEY BLOCK-----', ''].join('\n');
}
