const CHECKSUM = /^=[A-Za-z0-9+/]{4}$/;

/** The lines of an armor's body without the CRC that may end them: RFC 9580, section 6.1, gives it no meaning. */
export function withoutChecksum(lines: readonly string[]): readonly string[] {
  return CHECKSUM.test(String(lines.at(-1))) ? lines.slice(0, -1) : lines;
}
