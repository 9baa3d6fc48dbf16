import type { Commit, CommitHeader } from '../model/commit.ts';
import { createRefusal, type Refusal } from '../model/verdict.ts';

/** What was signed, and the armored signature over it: null where there is none. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array | null;
}

const LINE_FEED = 0x0a;

/** Tells a commit's signed bytes from its signature, or refuses a commit whose signed bytes are in doubt. */
export function splitCommit({ raw, format, headers }: Commit): SignedPayload | Refusal {
  const signatures = headers.filter(({ name }) => name.startsWith('gpgsig'));
  const [header] = signatures;
  if (header === undefined) return { payload: raw, signature: null };
  // Trust rule 1.3: git leaves every such header out of what it checks, so a second one changes the id under a good signature.
  if (signatures.length > 1) return malformed('has more than one signature header.');
  const expected = format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256';
  if (header.name !== expected) return malformed(`has a signature header other than \`${expected}\`.`);
  // Trust rule 1.4: byte for byte.
  const payload = Buffer.concat([raw.subarray(0, header.start), raw.subarray(header.end)]);
  return { payload, signature: unfold(raw, header) };
}

/** The header's value without the space that starts each continuation line, and without the last line feed. */
function unfold(raw: Uint8Array, { name, start, end }: CommitHeader): Uint8Array {
  const value = Buffer.from(raw.subarray(start + name.length + 1, end - 1));
  let length = 0;
  for (let from = 0; from < value.length; ) {
    const lineFeed = value.indexOf(LINE_FEED, from);
    const to = lineFeed === -1 ? value.length : lineFeed + 1;
    value.copyWithin(length, from, to);
    length += to - from;
    // Every further line starts with a space.
    from = to + 1;
  }
  return value.subarray(0, length);
}

function malformed(message: string): Refusal {
  return createRefusal(
    'malformed_commit',
    message,
    'Make and sign the commit again with git, and push it in its place.',
  );
}
