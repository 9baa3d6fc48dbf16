/** Object identifiers of CMS (RFC 5652), X.509 (RFC 5280), time stamps (RFC 3161) and Sigstore. */
export const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timeStampToken: '1.2.840.113549.1.9.16.2.14',
  transparencyLogEntry: '1.3.6.1.4.1.57264.3.1',
  ecPublicKey: '1.2.840.10045.2.1',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  fulcioIssuerV1: '1.3.6.1.4.1.57264.1.1',
  fulcioIssuerV2: '1.3.6.1.4.1.57264.1.8',
} as const;

/** Digests of SHA-2 with at least 256 bits (trust rule 2.5). */
export const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

export type KeyKind = 'rsa' | 'ec' | 'ed25519';

/** What each signature algorithm asks of the key, and the digest that it names; null where the digest stands elsewhere or is none. */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<string, { readonly kind: KeyKind; readonly digest: string | null }> =
  new Map([
    ['1.2.840.113549.1.1.1', { kind: 'rsa', digest: null }],
    ['1.2.840.113549.1.1.11', { kind: 'rsa', digest: 'sha256' }],
    ['1.2.840.113549.1.1.12', { kind: 'rsa', digest: 'sha384' }],
    ['1.2.840.113549.1.1.13', { kind: 'rsa', digest: 'sha512' }],
    ['1.2.840.10045.4.3.2', { kind: 'ec', digest: 'sha256' }],
    ['1.2.840.10045.4.3.3', { kind: 'ec', digest: 'sha384' }],
    ['1.2.840.10045.4.3.4', { kind: 'ec', digest: 'sha512' }],
    ['1.3.101.112', { kind: 'ed25519', digest: null }],
  ]);
