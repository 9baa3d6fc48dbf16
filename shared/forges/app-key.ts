import { createPrivateKey, type KeyObject } from 'node:crypto';
import { HeadlockError } from '../model/headlock-error.ts';

/** Trust rule 2.5 holds for credentials as well; GitHub makes keys of this length. */
const MIN_MODULUS_BITS = 2048;

/**
 * Reads the private key of a GitHub App, PKCS#1 (as GitHub hands it out) or PKCS#8 in PEM.
 * @throws HeadlockError `invalid_app_key`, which repeats nothing of it
 */
export function parseAppKey(text: string): KeyObject {
  const key = readPrivateKey(text);
  if (key.asymmetricKeyType !== 'rsa') throw invalid('It is no RSA key, and GitHub Apps sign in with RSA (RS256).');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_MODULUS_BITS)
    throw invalid(`It is an RSA key of ${bits} bits, and ${MIN_MODULUS_BITS} are the least.`);
  return key;
}

function readPrivateKey(text: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text)) throw invalid('It is encrypted with a passphrase.');
  try {
    return createPrivateKey(text);
  } catch {
    // The library's own error is left out: nobody promises that it never quotes the key (trust rule 7.3).
    throw invalid('It is no private key in PEM.');
  }
}

function invalid(what: string): HeadlockError<'invalid_app_key'> {
  const message = `The private key of a GitHub App is needed. ${what} The settings of the app generate one, under "Private keys".`;
  return new HeadlockError('invalid_app_key', message, { kind: 'input' });
}
