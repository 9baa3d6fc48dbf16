/** What a commit says, each part as it stands in the object. */
export interface CommitParts {
  readonly tree?: string;
  readonly parents?: readonly string[];
  readonly author?: string;
  readonly committer?: string;
  /** More headers, each ending with a line feed. */
  readonly headers?: string;
  readonly message?: string;
}

const EMPTY_TREES = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const;

/** 2026-01-01: when the commits of tests are made, unless they say otherwise. */
export const COMMITTED_AT = 1_767_225_600;

export function identityAt(seconds: number, name = 'Alice', email = 'alice@example.com'): string {
  return `${name} <${email}> ${seconds} +0000`;
}

/** A commit without a signature: what is signed. */
export function commitPayload(parts: CommitParts = {}, format: keyof typeof EMPTY_TREES = 'sha1'): Buffer {
  const { tree = EMPTY_TREES[format], parents = [], headers = '', message = 'A message\n' } = parts;
  const { committer = identityAt(COMMITTED_AT), author = committer } = parts;
  const links = parents.map((parent) => `parent ${parent}\n`).join('');
  return Buffer.from(`tree ${tree}\n${links}author ${author}\ncommitter ${committer}\n${headers}\n${message}`);
}

/** A header whose value has several lines, as git folds it. The value's last line feed is the header's own. */
export function foldHeader(name: string, value: Uint8Array): Buffer {
  const text = Buffer.from(value).toString('latin1').replace(/\n$/, '');
  return Buffer.from(`${name} ${text.replaceAll('\n', '\n ')}\n`, 'latin1');
}

/** Puts a header where git puts the signature: behind all others. */
export function insertHeader(payload: Uint8Array, header: Uint8Array): Buffer {
  const end = Buffer.from(payload).indexOf('\n\n') + 1;
  return Buffer.concat([payload.subarray(0, end), header, payload.subarray(end)]);
}

/** A commit as git writes it around an armored signature. */
export function signedCommit(payload: Uint8Array, armor: Uint8Array, header = 'gpgsig'): Buffer {
  return insertHeader(payload, foldHeader(header, armor));
}

/** A commit cut at its first `gpgsig` header by a pattern, not by what is tested. Null where there is none. */
export function cutSignature(raw: Uint8Array): { readonly payload: Buffer; readonly armor: Buffer } | null {
  const text = Buffer.from(raw).toString('latin1');
  const found = /\ngpgsig(?:-sha256)? ([^\n]*\n(?: [^\n]*\n)*)/.exec(text.slice(0, text.indexOf('\n\n') + 1));
  if (found === null) return null;
  const [header, value = ''] = found;
  const payload = text.slice(0, found.index + 1) + text.slice(found.index + header.length);
  return { payload: Buffer.from(payload, 'latin1'), armor: Buffer.from(value.replaceAll('\n ', '\n'), 'latin1') };
}
