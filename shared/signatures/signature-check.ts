import { type KeyObject, verify } from 'node:crypto';

/** One public-key operation: whether the key made the signature over the data. */
export interface SignatureCheck {
  /** OpenSSL's name of the digest over the data; null for the Edwards curves, which take the data as it is. */
  readonly digest: string | null;
  readonly data: Uint8Array;
  readonly key: KeyObject;
  /** As OpenSSL reads it: ECDSA's in DER. */
  readonly signature: Uint8Array;
}

/**
 * Steps to a T that ask on their way whether signatures are good. Who runs them decides where the arithmetic is done, and
 * nothing else: the steps are the same.
 */
export type Checks<T> = Generator<SignatureCheck, T, boolean>;

/** Does the arithmetic here, at once. @throws whatever the steps throw */
export function runChecks<T>(checks: Checks<T>): T {
  let step = checks.next();
  while (step.done !== true) {
    let isGood: boolean;
    try {
      const { digest, data, key, signature } = step.value;
      isGood = verify(digest, data, key, signature);
    } catch (error) {
      step = checks.throw(error);
      continue;
    }
    step = checks.next(isGood);
  }
  return step.value;
}

/** Has Node's own threads do the arithmetic. @throws whatever the steps throw */
export async function runChecksInBackground<T>(checks: Checks<T>): Promise<T> {
  let step = checks.next();
  while (step.done !== true) {
    let isGood: boolean;
    try {
      isGood = await verifyInBackground(step.value);
    } catch (error) {
      step = checks.throw(error);
      continue;
    }
    step = checks.next(isGood);
  }
  return step.value;
}

function verifyInBackground({ digest, data, key, signature }: SignatureCheck): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(digest, data, key, signature, (error, isGood) => {
      if (error === null) resolve(isGood);
      else reject(error);
    });
  });
}
