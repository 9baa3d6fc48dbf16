import type { Commit, CommitHeader } from '../model/commit.ts';
import { createRefusal, type Refusal } from '../model/verdict.ts';
import { type ArmorLines, trimLines } from './armor-lines.ts';

/** What was signed, and the armored signature over it: null where there is none. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly signature: ArmorLines | null;
}

export interface SplitCommit extends SignedPayload {
  /** Length of the signature with all its white space; 0 where there is none. */
  readonly signatureBytes: number;
}

/** Tells a commit's signed bytes from its signature, or refuses a commit whose signed bytes are in doubt. */
export function splitCommit({ raw, format, headers, text }: Commit): SplitCommit | Refusal {
  let header: CommitHeader | null = null;
  for (const one of headers) {
    if (!one.name.startsWith('gpgsig')) continue;
    // Trust rule 1.3: git leaves every such header out of what it checks, so a second one changes the id under a good signature.
    if (header !== null) return malformed('has more than one signature header.');
    header = one;
  }
  if (header === null) return { payload: raw, signature: null, signatureBytes: 0 };
  const expected = format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256';
  if (header.name !== expected) return malformed(`has a signature header other than \`${expected}\`.`);
  const { name, start, end } = header;
  // Without its last line feed.
  const value = text.slice(start + name.length + 1, end - 1);
  // Every line but the first starts with a space that is not part of it.
  const lines = value.split('\n ');
  const signatureBytes = value.length - (lines.length - 1);
  return { payload: without(raw, start, end), signature: trimLines(lines), signatureBytes };
}

/** Trust rule 1.4: byte for byte. */
function without(raw: Uint8Array, start: number, end: number): Uint8Array {
  const payload = Buffer.allocUnsafe(raw.length - (end - start));
  payload.set(raw.subarray(0, start));
  payload.set(raw.subarray(end), start);
  return payload;
}

function malformed(message: string): Refusal {
  return createRefusal(
    'malformed_commit',
    message,
    'Make and sign the commit again with git, and push it in its place.',
  );
}
