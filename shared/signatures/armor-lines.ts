/** The lines of an armor without white space at their ends, one character a byte. */
export function armorLines(armored: Uint8Array): readonly [string, ...string[]] {
  const text = Buffer.from(armored.buffer, armored.byteOffset, armored.byteLength).toString('latin1');
  // A text has one line at least.
  return text.split('\n').map(trimLineEnd) as [string, ...string[]];
}

/** Space, tab and carriage return alone, in linear time (`trimEnd` knows more white space, a regular expression is quadratic). */
function trimLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}
