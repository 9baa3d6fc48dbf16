import { formatClaim } from '../../shared/model/claim.ts';

const BLANK_LINE = Buffer.from('\n\n');
const MAX_SUBJECT_LENGTH = 60;

/** The first line of a raw commit's message: a claim, escaped and bounded. */
export function subjectOf(raw: Uint8Array | undefined): string {
  if (raw === undefined) return '';
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const start = bytes.indexOf(BLANK_LINE);
  if (start === -1) return '';
  const text = bytes
    .subarray(start + BLANK_LINE.length)
    .toString('utf8')
    .trimStart();
  return formatClaim(text.split('\n', 1)[0] ?? '', MAX_SUBJECT_LENGTH);
}
