import { createPrivateKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type DerElement, readDer, readElements } from '../../shared/signatures/x509/der-element.ts';
import { readLogEntry } from '../../shared/signatures/x509/log-entry.ts';
import { OID } from '../../shared/signatures/x509/oids.ts';
import { parseCms } from '../../shared/signatures/x509/parse-cms.ts';
import { addUnsigned, der, derOid } from './cms-writer.ts';
import { writeLogEntry } from './log-entry-writer.ts';
import {
  AUTHORITY,
  type CertificateDraft,
  createOpensslAuthority,
  type Issued,
  type OpensslAuthority,
} from './openssl-authority.ts';

/** Fulcio, its log of certificates and Rekor, with keys of our own: what they certify may be anything, and well signed. */
export interface SigstoreWorld {
  readonly openssl: OpensslAuthority;
  /** A `trusted_root.json` that names them. */
  readonly trustedRoot: string;
  readonly fulcio: Issued;
  /** A signer's certificate as Fulcio makes it. */
  certify(email: string, options?: CertifyOptions): Issued;
  /** A signature with the log's entry of it, which says `seconds` for the time. */
  sign(content: Uint8Array, signer: Issued, seconds: number): Buffer;
  /** The same with the log's entry of this one in it. */
  log(cms: Buffer, signer: Issued, seconds: number, into?: Buffer): Buffer;
}

export interface CertifyOptions extends Partial<Pick<CertificateDraft, 'from' | 'until' | 'key'>> {
  readonly issuer?: string;
  /** Who signs the promise to log the certificate; nobody where null. */
  readonly certificateLog?: Log | null;
  /** Changes that promise. */
  readonly promise?: (signature: Buffer) => Buffer;
}

/** A log that signs with a key of its own. */
export interface Log {
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo in DER, and its SHA-256, by which a log is named. */
  readonly spki: Buffer;
  readonly id: Buffer;
}

const LOG_NAME = 'rekor.example.com';
export const ISSUER = 'https://accounts.example.com';
const CERTIFIED_AT_MS = Date.UTC(2025, 1, 1);
/** Certificate Transparency's list of promises (RFC 6962, section 3.3). */
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

export function createSigstoreWorld(): SigstoreWorld {
  const openssl = createOpensslAuthority();
  const fulcio = openssl.issue({ name: 'Fulcio', extensions: AUTHORITY });
  const [rekor, certificateLog] = [createLog(), createLog()];
  const log: SigstoreWorld['log'] = (cms, { der: certificate }, seconds, into = cms) => {
    const { signature, signedAttributes: signedBytes } = parseCms(cms);
    const entry = {
      logIndex: '0',
      logId: { keyId: rekor.id.toString('base64') },
      kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
      integratedTime: String(seconds),
    };
    const { canonicalizedBody } = readLogEntry(writeLogEntry(entry), { signedBytes, signature, certificate });
    const body = String(canonicalizedBody);
    // Canonical JSON has its keys in this order.
    const promised = JSON.stringify({ body, integratedTime: seconds, logID: rekor.id.toString('hex'), logIndex: 0 });
    const logged = {
      ...entry,
      inclusionPromise: { signedEntryTimestamp: signWith(rekor, Buffer.from(promised)).toString('base64') },
      inclusionProof: proveOnly(Buffer.from(body, 'base64'), rekor),
    };
    return addUnsigned(into, { [OID.transparencyLogEntry]: der(0x04, writeLogEntry(logged)) });
  };
  return {
    ...{ openssl, fulcio, log },
    trustedRoot: describeRoot(fulcio, rekor, certificateLog),
    certify(email, { issuer = ISSUER, ...options } = {}) {
      const draft = openssl.issue(
        {
          ...{ name: 'sigstore', from: '20250201000000Z', until: '20250201001000Z', ...options },
          extensions: [
            ...['keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning', `subjectAltName=email:${email}`],
            `${OID.fulcioIssuerV2}=ASN1:UTF8String:${issuer}`,
          ],
        },
        fulcio,
      );
      const promiser = options.certificateLog === undefined ? certificateLog : options.certificateLog;
      return promiser === null ? draft : promise(draft, fulcio, promiser, options.promise);
    },
    sign: (content, signer, seconds) => log(openssl.sign(content, signer), signer, seconds),
  };
}

export function createLog(): Log {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { key: privateKey, spki, id: hash('sha256', spki, 'buffer') };
}

/** The proof for the one entry of a log (RFC 9162, section 2.1), with the log's signed note of its state. */
function proveOnly(body: Buffer, log: Log) {
  const rootHash = hash('sha256', Buffer.concat([Buffer.from([0]), body]), 'base64');
  const note = `${LOG_NAME}\n1\n${rootHash}\n`;
  const signature = Buffer.concat([log.id.subarray(0, 4), signWith(log, Buffer.from(note))]).toString('base64');
  const envelope = `${note}\n\u2014 ${LOG_NAME} ${signature}\n`;
  return { logIndex: '0', rootHash, treeSize: '1', hashes: [], checkpoint: { envelope } };
}

function describeRoot(fulcio: Issued, rekor: Log, certificateLog: Log): string {
  const validFor = { start: '2021-01-01T00:00:00Z' };
  const describe = ({ spki, id }: Log, baseUrl: string) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: spki.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: id.toString('base64') },
  });
  const certificateAuthority = {
    subject: { organization: 'example.com', commonName: fulcio.name },
    uri: 'https://fulcio.example.com',
    certChain: { certificates: [{ rawBytes: fulcio.der.toString('base64') }] },
    validFor,
  };
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [describe(rekor, `https://${LOG_NAME}`)],
    certificateAuthorities: [certificateAuthority],
    ctlogs: [describe(certificateLog, 'https://ctfe.example.com')],
    timestampAuthorities: [],
  });
}

function signWith({ key }: Pick<Log, 'key'>, bytes: Uint8Array): Buffer {
  return sign('sha256', bytes, key);
}

/** Puts a log's promise into a certificate, and has the authority sign it again (RFC 6962, sections 3.2 and 3.3). */
function promise(draft: Issued, authority: Issued, log: Log, change = (signature: Buffer) => signature): Issued {
  const [signed] = readElements(readDer(draft.der));
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(BigInt(CERTIFIED_AT_MS));
  const body = (signed as DerElement).whole;
  const precertificate = [hash('sha256', spkiOf(authority), 'buffer'), uint(3, body.length), body];
  const promised = [uint(2, 0), timestamp, uint(2, 1), ...precertificate, uint(2, 0)];
  const signature = change(signWith(log, Buffer.concat(promised)));
  const sct = [Buffer.from([0]), log.id, timestamp, uint(2, 0), Buffer.from([4, 3]), withLength(signature)];
  const list = withLength(withLength(Buffer.concat(sct)));
  const extension = der(0x30, derOid(SCT_LIST), der(0x04, der(0x04, list)));
  const parts = readElements(signed as DerElement).map((part) =>
    part.tag === 0xa3 ? extend(part, extension) : part.whole,
  );
  const certificate = der(0x30, ...parts);
  const key = createPrivateKey(readFileSync(authority.keyFile));
  const value = der(0x03, Buffer.from([0]), signWith({ key }, certificate));
  const issued = der(0x30, certificate, der(0x30, derOid(ECDSA_WITH_SHA256)), value);
  writeFileSync(draft.certificateFile, pemOf(issued));
  return { ...draft, der: issued };
}

function pemOf(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function extend(extensions: DerElement, extension: Buffer): Buffer {
  const [list] = readElements(extensions);
  return der(0xa3, der(0x30, (list as DerElement).content, extension));
}

function spkiOf({ der: certificate }: Issued): Buffer {
  const [signed] = readElements(readDer(certificate));
  const spki = readElements(signed as DerElement)[6];
  return (spki as DerElement).whole;
}

function uint(bytes: number, value: number): Buffer {
  const written = Buffer.alloc(bytes);
  written.writeUIntBE(value, 0, bytes);
  return written;
}

/** As TLS writes what has a length of two bytes. */
function withLength(bytes: Buffer): Buffer {
  return Buffer.concat([uint(2, bytes.length), bytes]);
}
