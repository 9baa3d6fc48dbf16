import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `openssl req` and `openssl x509` need to know of a certificate. */
export interface CertificateDraft {
  readonly name: string;
  /** Lines of an extension section of openssl.cnf. */
  readonly extensions: readonly string[];
  /** As `openssl genpkey` takes it. */
  readonly key?: readonly string[];
  /** `YYYYMMDDHHMMSSZ`. */
  readonly from?: string;
  readonly until?: string;
  readonly digest?: string;
  /** Of its issuer, as `-sigopt` takes it. */
  readonly padding?: string;
}

/** A certificate with its private key, in files that openssl reads. */
export interface Issued {
  readonly name: string;
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly der: Buffer;
}

export interface OpensslAuthority {
  /** By its own key where no issuer is given. */
  issue(draft: CertificateDraft, issuer?: Issued): Issued;
  /** Another certificate for the key of `of`. */
  reissue(draft: CertificateDraft, of: Issued, issuer: Issued): Issued;
  /** A detached signature of CMS in DER. */
  sign(content: Uint8Array, signer: Issued, others?: readonly Issued[], args?: readonly string[]): Buffer;
  /** Whether `openssl cms -verify` accepts it, at a time in seconds since 1970. */
  accepts(content: Uint8Array, signature: Buffer, anchor: Issued, args?: readonly string[]): boolean;
  /** A time stamp token over a signature value (RFC 3161), made now. */
  stamp(signature: Uint8Array, authority: Issued, others?: readonly Issued[], digest?: string): Buffer;
  /** SubjectPublicKeyInfo in DER. */
  publicKey(certificateFile: string): Buffer;
  remove(): void;
}

export const EC = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const AUTHORITY = ['basicConstraints=critical,CA:true', 'keyUsage=critical,keyCertSign,cRLSign'];
export const EMAIL_SIGNER = [
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=emailProtection',
  'subjectAltName=email:alice@example.com',
];
export const STAMPER = ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=critical,timeStamping'];

/** Certificates and signatures as openssl makes them, in a folder to throw away. */
export function createOpensslAuthority(): OpensslAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'hl-x509-'));
  const path = (suffix: string) => join(folder, `${randomUUID()}${suffix}`);
  const write = (suffix: string, data: Uint8Array | string) => {
    const file = path(suffix);
    writeFileSync(file, data);
    return file;
  };
  const openssl = (args: readonly string[]) => execFileSync('openssl', [...args], { stdio: 'pipe' });
  const carry = (option: string, others: readonly Issued[]) => {
    const pem = others.map(({ certificateFile }) => readFileSync(certificateFile, 'utf8'));
    return pem.length === 0 ? [] : [option, write('.pem', pem.join(''))];
  };
  const certify = (draft: CertificateDraft, keyFile: string, issuer?: Issued): Issued => {
    const { name, extensions, from = '20200101000000Z', until = '20400101000000Z', digest = 'sha256', padding } = draft;
    const request = path('.csr');
    openssl(['req', '-new', '-key', keyFile, '-subj', `/CN=${name}`, '-out', request]);
    const database = write('.db', '');
    const config = write(
      '.cnf',
      ['[ca]', 'default_ca=own', '[own]', `database=${database}`, `new_certs_dir=${folder}`, 'rand_serial=yes']
        .concat(['policy=any', 'unique_subject=no', 'email_in_dn=no', '[any]', 'commonName=supplied'])
        .concat(['[extensions]', 'subjectKeyIdentifier=hash', ...extensions])
        .join('\n'),
    );
    const certificateFile = path('.pem');
    const by =
      issuer === undefined
        ? ['-selfsign', '-keyfile', keyFile]
        : ['-cert', issuer.certificateFile, '-keyfile', issuer.keyFile];
    openssl([
      ...['ca', '-batch', '-notext', '-config', config, '-in', request, '-out', certificateFile, ...by],
      ...['-extensions', 'extensions', '-startdate', from, '-enddate', until, '-md', digest],
      ...(padding === undefined ? [] : ['-sigopt', `rsa_padding_mode:${padding}`]),
    ]);
    const der = openssl(['x509', '-in', certificateFile, '-outform', 'DER']);
    return { name, keyFile, certificateFile, der };
  };
  return {
    issue(draft, issuer) {
      const keyFile = path('.key');
      openssl(['genpkey', ...(draft.key ?? EC), '-out', keyFile]);
      return certify(draft, keyFile, issuer);
    },
    reissue: (draft, { keyFile }, issuer) => certify(draft, keyFile, issuer),
    sign(content, signer, others = [], args = []) {
      const input = write('.txt', content);
      return openssl([
        ...['cms', '-sign', '-binary', '-in', input, '-outform', 'DER', '-nosmimecap', '-md', 'sha256'],
        ...['-signer', signer.certificateFile, '-inkey', signer.keyFile, ...carry('-certfile', others), ...args],
      ]);
    },
    accepts(content, signature, anchor, args = []) {
      try {
        openssl([
          ...[
            'cms',
            '-verify',
            '-binary',
            '-inform',
            'DER',
            '-in',
            write('.der', signature),
            '-content',
            write('.txt', content),
          ],
          ...['-CAfile', anchor.certificateFile, '-out', path('.out'), ...args],
        ]);
        return true;
      } catch {
        return false;
      }
    },
    stamp(signature, authority, others = [], digest = 'sha256') {
      const config = write(
        '.cnf',
        ['[tsa]', 'default_tsa=own', '[own]', `serial=${write('.serial', '01')}`, 'default_policy=1.2.3.4']
          .concat(['digests=sha256', `ess_cert_id_alg=${digest}`, 'signer_digest=sha256'])
          .join('\n'),
      );
      const query = path('.tsq');
      openssl(['ts', '-query', '-data', write('.sig', signature), '-sha256', '-cert', '-out', query]);
      const token = path('.token');
      openssl([
        ...['ts', '-reply', '-config', config, '-section', 'own', '-queryfile', query, '-token_out', '-out', token],
        ...['-signer', authority.certificateFile, '-inkey', authority.keyFile, ...carry('-chain', others)],
      ]);
      return readFileSync(token);
    },
    publicKey(certificateFile) {
      const pem = write('.pem', openssl(['x509', '-in', certificateFile, '-noout', '-pubkey']));
      return openssl(['pkey', '-pubin', '-in', pem, '-outform', 'DER']);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
