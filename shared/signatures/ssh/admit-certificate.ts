import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import type { SshKey } from '../../model/signatory.ts';
import type { Keyring, KeyringEntry, SshKeyringEntry } from '../keyring.ts';
import { MalformedError } from '../malformed-error.ts';
import { RefusedSignature } from '../refused-signature.ts';
import type { Checks } from '../signature-check.ts';
import { sshFingerprint } from './fingerprint.ts';
import { checkInnerSignature, parseInnerSignature, USER_PRESENT } from './inner-signature.ts';
import { type SshCertificate, USER_CERTIFICATE } from './parse-certificate.ts';

const ASK_AUTHORITY = 'Have the certificate authority issue another certificate, and sign the commit again with it.';

/**
 * The certified key, for each signatory for whom the policy names the certificate's authority and one of its principals
 * (trust rule 2.3). At what times the certificate counts is not yet judged.
 * @throws RefusedSignature or MalformedError where it counts for none.
 */
export function* admitCertificate(
  certificate: SshCertificate,
  keyring: Keyring,
): Checks<readonly KeyringEntry<SshKey>[]> {
  const authorities = keyring.sshAuthorities(certificate.authority.toString('base64'));
  const publicKey = yield* proveCertifiedKey(authorities, certificate, keyring.certifiedKeys);
  if (certificate.type !== USER_CERTIFICATE) {
    throw new RefusedSignature(
      'not_signing_key',
      'is signed with an SSH certificate that is none of a user.',
      ASK_AUTHORITY,
    );
  }
  // What an option forbids cannot be known where the option is not.
  if (certificate.hasCriticalOptions) throw unauthorized('that carries critical options');
  if (certificate.principals.length === 0) throw unauthorized('that names no principal');
  const admitted = authorities.filter(({ key }) => key.principals?.some((name) => hasPrincipal(certificate, name)));
  if (admitted.length === 0) throw unauthorized('of which the policy names no principal');
  return admitted.map((entry) => certifiedEntry(entry, certificate, publicKey));
}

/** More than people who sign a branch have certificates. */
const MAX_CERTIFIED_KEYS = 1_000;

/**
 * The key, once the authority is found to have signed the certificate. A person's commits carry the same one: its every byte
 * names what was found of it by this ring.
 */
function* proveCertifiedKey(
  authorities: readonly SshKeyringEntry[],
  certificate: SshCertificate,
  known: Map<string, KeyObject>,
): Checks<KeyObject> {
  const digest = hash('sha256', certificate.blob, 'hex');
  const found = known.get(digest);
  if (found !== undefined) return found;
  yield* assertSignedBy(authorities, certificate);
  const publicKey = createCertifiedKey(certificate.key.spki);
  if (known.size >= MAX_CERTIFIED_KEYS) known.clear();
  known.set(digest, publicKey);
  return publicKey;
}

function* assertSignedBy(authorities: readonly SshKeyringEntry[], certificate: SshCertificate): Checks<void> {
  const fingerprint = sshFingerprint(certificate.authority);
  const [authority] = authorities;
  if (authority === undefined) throw unknownAuthority(fingerprint);
  // A certificate is none of the ring's keys: no certificate signs another.
  const signature = parseInnerSignature(certificate.signature);
  if (signature.algorithm === 'ssh-rsa') {
    const message = 'is signed with an SSH certificate that rests on RSA and SHA-1, which is too weak to trust.';
    throw new RefusedSignature('weak_algorithm', message, ASK_AUTHORITY);
  }
  if (((signature.authenticator?.flags ?? USER_PRESENT) & USER_PRESENT) === 0) {
    throw unauthorized('that its authority, a security key (FIDO), signed without a touch');
  }
  if (yield checkInnerSignature(signature, authority.keyBlob(), authority.publicKey(), certificate.signedBytes)) return;
  const message = `is signed with an SSH certificate that its authority ${fingerprint} did not sign: it is forged.`;
  throw new RefusedSignature('invalid', message, 'Find out who made it, and have a signatory sign the commit.');
}

function hasPrincipal({ principals }: SshCertificate, name: string): boolean {
  const bytes = Buffer.from(name);
  return principals.some((principal) => principal.equals(bytes));
}

/** The certified key under the conditions of its authority. */
function certifiedEntry(
  authority: SshKeyringEntry,
  { key, keyBlob }: SshCertificate,
  publicKey: KeyObject,
): KeyringEntry<SshKey> {
  const { principals: _, ...conditions } = authority.key;
  const fingerprint = sshFingerprint(keyBlob);
  return {
    key: { ...conditions, fingerprint, type: key.type, blob: keyBlob.toString('base64') },
    signatories: authority.signatories,
    publicKey: () => publicKey,
  };
}

function createCertifiedKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new MalformedError('the key that it certifies is no valid key of its type', { cause });
  }
}

function unauthorized(what: string): RefusedSignature {
  return new RefusedSignature('not_authorized', `is signed with an SSH certificate ${what}.`, ASK_AUTHORITY);
}

function unknownAuthority(fingerprint: string): RefusedSignature {
  return new RefusedSignature(
    'unknown_key',
    `is signed with an SSH certificate of authority ${fingerprint}, which the policy names for nobody.`,
    `If you trust ${fingerprint} to say who its users are, name it as \`certificateAuthority\` of a signatory in headlock.yaml and run \`headlock apply\`.`,
  );
}
