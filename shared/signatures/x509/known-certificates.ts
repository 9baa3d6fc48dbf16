import { parseCertificate, type X509Certificate } from './parse-certificate.ts';

/** A signer's certificate comes again with every signature, and reading it takes as long as checking one. */
const known = new Map<string, X509Certificate>();
const MAX_KNOWN = 1_000;
/** Real ones have one or two thousand. */
const MAX_BYTES = 8_192;

/** The certificate that these bytes are: the same object for the same bytes, as long as it is known. @throws MalformedError */
export function readCertificate(der: Buffer): X509Certificate {
  if (der.length > MAX_BYTES) return parseCertificate(der);
  const key = der.toString('latin1');
  const found = known.get(key);
  if (found !== undefined) return found;
  // A copy: what is kept must not keep the signature that it came in.
  const certificate = parseCertificate(Buffer.from(der));
  if (known.size === MAX_KNOWN) known.clear();
  known.set(key, certificate);
  return certificate;
}
