const CHECKSUM = /^=[A-Za-z0-9+/]{4}$/;

/** The lines of an armor's body, joined, without the CRC that may end them: RFC 9580, section 6.1, gives it no meaning. */
export function joinBody(lines: readonly string[], start: number, end: number): string {
  const last = String(lines[end - 1]);
  const hasChecksum = end > start && last.startsWith('=') && CHECKSUM.test(last);
  return lines.slice(start, hasChecksum ? end - 1 : end).join('');
}
