import { signedCommit } from '../support/commit-bytes.ts';
import type { Variant } from './commit-variants.ts';

/** Other spellings of the same signature in its armor. `label` is what its first line says it is. */
export function armorVariants(
  payload: Buffer,
  armor: Buffer,
  label: 'PGP SIGNATURE' | 'SSH SIGNATURE',
): readonly Variant[] {
  const text = armor.toString('latin1').trimEnd();
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const inner = text.slice(begin.length + 1, text.indexOf(end) - 1);
  const blank = label === 'PGP SIGNATURE' ? '\n' : '';
  const base64 = inner
    .slice(inner.indexOf(blank) + blank.length)
    .replace(/\n=.{4}$/, '')
    .replaceAll('\n', '');
  const checksum = /\n=.{4}$/.exec(inner)?.[0] ?? '';
  const wrapped = (width: number) => (base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n');
  const write = (body: string, headers = '', last = checksum) => `${begin}\n${headers}${blank}${body}${last}\n${end}\n`;
  const list: readonly (readonly [what: string, armor: string])[] = [
    ['without its last line feed', text],
    ['an empty line after it', `${text}\n\n`],
    ['several empty lines after it', `${text}\n \n\t\n\n`],
    ['CR LF', `${text}\n`.replaceAll('\n', '\r\n')],
    ['white space at line ends', `${text}\n`.replaceAll('\n', ' \t\n')],
    ['lines of 76', write(wrapped(76))],
    ['lines of 20', write(wrapped(20))],
    ['one long line', write(base64)],
    ['no checksum', write(wrapped(64), '', '')],
    ['a wrong checksum', write(wrapped(64), '', '\n=AAAA')],
    ['an empty line in the base64', write(wrapped(64).replace('\n', '\n\n'))],
    ['spaces in the base64', write(wrapped(64).replace('\n', ' \n  '))],
    ['an empty line before it', `\n${text}\n`],
    ['text before it', `x\n${text}\n`],
    ['text after it', `${text}\nx\n`],
    ['a second block after it', `${text}\n${text}\n`],
    ['a second, empty block after it', `${text}\n${begin}\n${end}\n`],
    ['no end', text.replace(end, '')],
    ['another end', text.replace(end, '-----END PGP MESSAGE-----')],
    ['a space after the first line', `${begin} ${text.slice(begin.length)}\n`],
    ['a word after the first line', `${begin} x${text.slice(begin.length)}\n`],
    ['the label PGP MESSAGE', text.replaceAll(label, 'PGP MESSAGE')],
    ['the label SIGNED MESSAGE', text.replaceAll(label, 'SIGNED MESSAGE')],
    ['a label in lower case', text.replace(begin, begin.toLowerCase())],
    ['four dashes', text.replace(begin, begin.slice(1))],
    ['a foreign character', write(`!${wrapped(64)}`)],
    ['a foreign character within', write(wrapped(64).replace(/^(.{9})/, '$1_'))],
    ['a NUL byte', write(wrapped(64).replace(/^(.{9})/, '$1\0'))],
    ['padding within', write(wrapped(64).replace(/^(.{8})/, '$1===='))],
    ['its end cut', write(wrapped(64).slice(0, -30))],
    [
      'a character of the base64 changed',
      write(wrapped(64).replace(/(?<=^.{30})./, (found) => (found === 'A' ? 'B' : 'A'))),
    ],
    ['no base64', write('')],
    ['a comment', write(wrapped(64), 'Comment: hello\n')],
    ['a version', write(wrapped(64), 'Version: GnuPG v2\n')],
    ['a comment in UTF-8', write(wrapped(64), Buffer.from('Comment: gr\u00fc\u00dfe\n').toString('latin1'))],
    ['a long comment', write(wrapped(64), `Comment: ${'x'.repeat(500)}\n`)],
    ['an unknown header', write(wrapped(64), 'X-Evil: 1\n')],
    ['a header without a colon', write(wrapped(64), 'evil\n')],
    ['no empty line after the headers', write(wrapped(64), 'Comment: hello\n').replace('\n\n', '\n')],
  ];
  return list.map(([what, changed]) => ({
    what: `armor: ${what}`,
    raw: signedCommit(payload, Buffer.from(changed, 'latin1')),
  }));
}
