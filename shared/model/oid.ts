declare const oid: unique symbol;

/** A full git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. Abbreviations do not exist here. */
export type Oid = string & { readonly [oid]: true };

export type ObjectFormat = 'sha1' | 'sha256';

const HEX_DIGITS = { sha1: 40, sha256: 64 } as const satisfies Record<ObjectFormat, number>;

export function isOid(text: string): text is Oid {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** @throws RangeError where the text is not a full object id. */
export function parseOid(text: string): Oid {
  if (!isOid(text)) throw new RangeError('A full object id of 40 or 64 lower-case hexadecimal digits is needed.');
  return text;
}

export function formatOfOid(id: Oid): ObjectFormat {
  return id.length === HEX_DIGITS.sha1 ? 'sha1' : 'sha256';
}

/** Length of a binary object id in bytes. */
export function oidBytes(format: ObjectFormat): number {
  return HEX_DIGITS[format] / 2;
}
