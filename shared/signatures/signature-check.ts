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
 * Steps to a T that ask on their way whether signatures are good. Who runs them decides when and where the arithmetic is
 * done, and nothing else: the steps are the same.
 */
export type Checks<T> = Generator<SignatureCheck, T, boolean>;

/** Does the arithmetic here, at once. @throws whatever the steps throw */
export function runChecks<T>(checks: Checks<T>): T {
  let step = checks.next();
  while (step.done !== true) step = resume(checks, answer(step.value));
  return step.value;
}

/**
 * Does the arithmetic of all of them together, between their steps: what a processor holds in its caches of either then
 * serves more than one. @throws whatever the steps throw
 */
export function runAllChecks<T>(all: readonly Checks<T>[]): readonly T[] {
  const results: T[] = [];
  const proceed = (checks: Checks<T>, index: number, step: IteratorResult<SignatureCheck, T>) => {
    if (step.done !== true) return [{ checks, index, check: step.value }];
    results[index] = step.value;
    return [];
  };
  let asked = all.flatMap((checks, index) => proceed(checks, index, checks.next()));
  while (asked.length > 0) {
    const answered = asked.map(({ checks, index, check }) => ({ checks, index, given: answer(check) }));
    asked = answered.flatMap(({ checks, index, given }) => proceed(checks, index, resume(checks, given)));
  }
  return results;
}

/** Has Node's own threads do the arithmetic. @throws whatever the steps throw */
export async function runChecksInBackground<T>(checks: Checks<T>): Promise<T> {
  let step = checks.next();
  while (step.done !== true) step = resume(checks, await answerInBackground(step.value));
  return step.value;
}

/** Whether the signature is good, or what OpenSSL had to say instead. */
type Answer = { readonly isGood: boolean } | { readonly error: unknown };

function answer({ digest, data, key, signature }: SignatureCheck): Answer {
  try {
    return { isGood: verify(digest, data, key, signature) };
  } catch (error) {
    return { error };
  }
}

function answerInBackground({ digest, data, key, signature }: SignatureCheck): Promise<Answer> {
  return new Promise((resolve) => {
    try {
      verify(digest, data, key, signature, (error, isGood) => resolve(error === null ? { isGood } : { error }));
    } catch (error) {
      resolve({ error });
    }
  });
}

function resume<T>(checks: Checks<T>, given: Answer): IteratorResult<SignatureCheck, T> {
  return 'error' in given ? checks.throw(given.error) : checks.next(given.isGood);
}
