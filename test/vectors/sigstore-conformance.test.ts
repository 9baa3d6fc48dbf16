import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { X509Identity } from '../../shared/model/signatory.ts';
import { MalformedError } from '../../shared/signatures/malformed-error.ts';
import { RefusedSignature } from '../../shared/signatures/refused-signature.ts';
import { type DerElement, readDer, readElements } from '../../shared/signatures/x509/der-element.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { OID } from '../../shared/signatures/x509/oids.ts';
import { parseCertificate } from '../../shared/signatures/x509/parse-certificate.ts';
import { createIdentityProof, fingerprintOf } from '../../shared/signatures/x509/prove-identity.ts';
import { createSigstoreProof } from '../../shared/signatures/x509/sigstore.ts';
import { der } from '../support/cms-writer.ts';
import { type LogEntry, writeLogEntry } from '../support/log-entry-writer.ts';
import { createSignatory } from '../support/signatories.ts';

const FOLDER = join(import.meta.dirname, 'sigstore-conformance');
const SHIPPED_ROOT = join(import.meta.dirname, '..', '..', 'cli', 'policy', 'sigstore-trusted-root.json');
const ISSUER = 'https://token.actions.githubusercontent.com';
/** Who signed what counts. */
const BEACON =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const CASES = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, 'bundle.sigstore.json')));

/**
 * The suite has bundles, gitsign none: it embeds the same log entries and time stamps in CMS, and there the log entry stands
 * without its body, which follows from the rest. So each bundle's parts are put where gitsign puts them, the artifact standing
 * for the signed attributes, and proven by what proves commits. Not here is what has no counterpart: statements (DSSE), keys
 * without certificates, bundles that are no JSON or of no version, a digest or a body that says something else than what it
 * follows from. Entries of Rekor's version 2, which gitsign does not embed, prove no time here: the stamps beside them do.
 */
describe("Sigstore's conformance suite (trust rule 2.4)", () => {
  beforeAll(() => loadSigstore([createSignatory([identityOf(readFileSync(SHIPPED_ROOT, 'utf8'))])]));

  it.each(CASES)('%s', (name) => {
    expect(judge(name)).toEqual(name.endsWith('_fail') ? 'refused' : { by: BEACON, issuer: ISSUER });
  });
});

describe('what such a signature rests on', () => {
  it('is every authority of its certificate and of its stamp (trust rule 3.3)', () => {
    const name = 'rekor2-timestamp-with-expired-cert-chain';
    const { timestampAuthorities } = JSON.parse(readFileSync(join(FOLDER, name, 'trusted_root.json'), 'utf8'));
    const stampers: string[] = timestampAuthorities[0].certChain.certificates.map((one: { rawBytes: string }) =>
      fingerprintOf(parseCertificate(base64(one.rawBytes))),
    );
    expect(stampers).toHaveLength(3);
    const { certifiedBy } = prove(name);
    expect(certifiedBy).toEqual(expect.arrayContaining(stampers));
    for (const key of certifiedBy) expect(() => prove(name, new Set([key]))).toThrow();
  });

  it('is a time that its proof alone tells', () => {
    const { cms, signer, trustedRoot } = read('happy-path-v0.3');
    const proven = createSigstoreProof(trustedRoot).proveTime(cms, signer);
    expect(proven).toEqual({ at: Date.UTC(2024, 2, 19, 17, 26, 26) / 1000, chain: [] });
    const stamped = read('rekor2-timestamp-with-embedded-cert');
    const { chain } = createSigstoreProof(stamped.trustedRoot).proveTime(stamped.cms, stamped.signer) ?? {};
    expect(chain).toHaveLength(2);
    const bare = { ...cms, unsignedAttributes: new Map() };
    expect(createSigstoreProof(trustedRoot).proveTime(bare, signer)).toBeNull();
  });
});

/** Whom the signature is proven to be by. */
function judge(name: string) {
  try {
    const { signer, signedAt } = prove(name);
    expect(signedAt).toBeGreaterThanOrEqual(signer.notBefore);
    return { by: signer.uris.join(), issuer: signer.identityIssuer };
  } catch (error) {
    if (error instanceof MalformedError || error instanceof RefusedSignature) return 'refused';
    throw error;
  }
}

interface Bundle {
  readonly verificationMaterial: {
    readonly certificate?: { readonly rawBytes: string };
    readonly x509CertificateChain?: { readonly certificates: readonly { readonly rawBytes: string }[] };
    readonly tlogEntries: readonly LogEntry[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps?: readonly { readonly signedTimestamp: string }[];
    };
  };
  readonly messageSignature: { readonly signature: string };
}

function prove(name: string, compromisedKeys: ReadonlySet<string> = new Set()) {
  const { cms, signer, trustedRoot } = read(name);
  return { signer, ...createIdentityProof(identityOf(trustedRoot), compromisedKeys)(cms, { signer, others: [] }) };
}

function read(name: string) {
  const readPart = (file: string, otherwise: string) =>
    readFileSync(existsSync(join(FOLDER, name, file)) ? join(FOLDER, name, file) : otherwise);
  const { verificationMaterial, messageSignature }: Bundle = JSON.parse(
    readPart('bundle.sigstore.json', '').toString(),
  );
  const { certificate, x509CertificateChain } = verificationMaterial;
  const signer = parseCertificate(base64((certificate ?? x509CertificateChain?.certificates[0])?.rawBytes));
  const cms = {
    ...{ contentType: OID.data, content: null, certificates: [], signer, attributes: new Map() },
    ...{ digestAlgorithm: '', signatureAlgorithm: '' },
    signedAttributes: readPart('artifact', join(FOLDER, 'a.txt')),
    signature: base64(messageSignature.signature),
    unsignedAttributes: proofsOf(verificationMaterial),
  };
  const trustedRoot = readPart('trusted_root.json', SHIPPED_ROOT).toString();
  return { cms, signer, trustedRoot };
}

function proofsOf({ tlogEntries, timestampVerificationData }: Bundle['verificationMaterial']): Map<string, DerElement> {
  const [entry] = tlogEntries;
  const [stamp] = timestampVerificationData?.rfc3161Timestamps ?? [];
  const proofs = new Map<string, DerElement>();
  if (entry !== undefined) proofs.set(OID.transparencyLogEntry, readDer(der(0x04, writeLogEntry(entry))));
  // Of the authority's response (RFC 3161, section 2.4.2) gitsign keeps the token.
  const [, token] = stamp === undefined ? [] : readElements(readDer(base64(stamp.signedTimestamp)));
  if (token !== undefined) proofs.set(OID.timeStampToken, token);
  return proofs;
}

function identityOf(trustedRoot: string): X509Identity {
  const trust = { kind: 'sigstore', issuer: ISSUER, trustedRoot } as const;
  return { format: 'x509', fingerprint: '', identity: '', isPattern: false, trust };
}

function base64(text = ''): Buffer {
  return Buffer.from(text, 'base64');
}
