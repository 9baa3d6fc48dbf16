/** Lines without white space at their ends, one character a byte. */
export type ArmorLines = readonly [string, ...string[]];

/** The lines of a file, or of a signature that is no commit's header. */
export function armorLines(armored: Uint8Array): ArmorLines {
  const text = Buffer.from(armored.buffer, armored.byteOffset, armored.byteLength).toString('latin1');
  return trimLines(text.split('\n'));
}

/** @param lines - of a text: there is one at least */
export function trimLines(lines: string[]): ArmorLines {
  for (let index = 0; index < lines.length; index += 1) lines[index] = trimLineEnd(String(lines[index]));
  return lines as [string, ...string[]];
}

const SPACE = 0x20;

/** Space, tab and carriage return alone, in linear time (`trimEnd` knows more white space, a regular expression is quadratic). */
function trimLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) <= SPACE && ' \t\r'.includes(line.charAt(end - 1))) end -= 1;
  return end === line.length ? line : line.slice(0, end);
}
