import { describe, expect, it } from 'vitest';
import { armorSignature, createForgingKey, type ForgingKey, forgePacket } from '../../../support/forge-openpgp.ts';
import { verifyPayload } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const key: ForgingKey = createForgingKey();
const packet = forgePacket(key, PAYLOAD);
const armored = armorSignature(packet).toString();
const BEGIN = '-----BEGIN PGP SIGNATURE-----\n';
const END = '-----END PGP SIGNATURE-----\n';

function judge(signature: Uint8Array | string): string {
  const result = verifyPayload({ payload: PAYLOAD, signature, keys: [key.record] });
  return result.outcome === 'verified' ? 'verified' : `${result.reason}: ${result.message}`;
}

describe('the armor of OpenPGP signatures (trust rule 2.1)', () => {
  it.each([
    ['as it is', armored],
    ['without the last line feed', armored.trimEnd()],
    ['with empty lines after it, as a third of real commits have', `${armored}\n \n\n`],
    ['with CR LF', armored.replaceAll('\n', '\r\n')],
    ['with white space at line ends', armored.replaceAll('\n', ' \t\n')],
    ['with an empty line within', armored.replace(/\n\n(.{20})/, '\n\n$1\n\n')],
    ['in one long line', `${BEGIN}\n${packet.toString('base64')}\n${END}`],
    ['with a wrong checksum, which RFC 9580 ignores', armored.replace('-----END', '=AAAA\n-----END')],
    [
      'with headers of old tools',
      armored.replace('\n\n', '\nVersion: GnuPG v2.0.22 (GNU/Linux)\nComment: GPGTools\n\n'),
    ],
    [
      'with a UTF-8 comment',
      armored.replace('\n\n', '\nComment: grüße\nHash: SHA256\nCharset: UTF-8\nMessageID: x\n\n'),
    ],
    ['with an empty header', armored.replace('\n\n', '\nComment: \n\n')],
  ])('accepts it %s', (_name, signature) => {
    expect(judge(signature)).toBe('verified');
  });

  it.each([
    ['text before it', `x\n${armored}`],
    ['an empty line before it', `\n${armored}`],
    ['text far out on its first line', armored.replace('\n', `${' '.repeat(200)}x\n`)],
    ['text after it', `${armored}x`],
    ['a second block', armored + armored],
    ['no end', armored.replace(END, '')],
    ['another end', armored.replace('END PGP SIGNATURE', 'END PGP MESSAGE')],
    ['no empty line after its first', armored.replace('\n\n', '\n')],
    ['no body', `${BEGIN}\n${END}`],
    ['a checksum alone', `${BEGIN}\n=AAAA\n${END}`],
    ['a foreign character', armored.replace('\n\n', '\n\n!')],
    ['a NUL byte', armored.replace('\n\n', '\n\n\0')],
    ['a no-break space at a line end', armored.replace('\n-----END', '\u00a0\n-----END')],
    ['a character of the URL alphabet', armored.replace(/\n\n./, '\n\n_')],
    ['padding within', armored.replace(/\n\n(.{8})/, '\n\n$1====')],
    ['its padding left out', `${BEGIN}\n${packet.toString('base64').replace(/=+$/, '')}x\n${END}`],
    ['an unknown header', armored.replace('\n\n', '\nX-Evil: 1\n\n')],
    ['a header without a name', armored.replace('\n\n', '\nevil\n\n')],
    ['a long header', armored.replace('\n\n', `\nComment: ${'x'.repeat(201)}\n\n`)],
    ['many headers', armored.replace('\n\n', `\n${'Comment: x\n'.repeat(9)}\n`)],
    ['a control character in a header', armored.replace('\n\n', '\nComment: \u0007\n\n')],
  ])('refuses it with %s', (_name, signature) => {
    expect(judge(signature)).toMatch(/^malformed_signature: /);
  });

  it('refuses base64 in another spelling', () => {
    // Three bytes make four characters: one byte over leaves four bits that say nothing.
    let over = packet;
    for (let length = 0; over.length % 3 !== 1; length += 1) {
      over = forgePacket(key, PAYLOAD, { moreHashed: [[61, Buffer.alloc(length)]] });
    }
    const signature = armorSignature(over).toString();
    expect(judge(signature)).toBe('verified');
    expect(judge(signature.replace(/([AQgw])==/, (_all, last: string) => `${nextCharacter(last)}==`))).toContain(
      'canonical',
    );
  });

  it('does not know another first line', () => {
    expect(judge(armored.replace('-----\n', '----- x\n'))).toMatch(/^unknown_signature_type: /);
  });

  it('takes linear time over white space: the square of it would end no test', () => {
    const signature = armored.replace('\n\n', `\n\n${' '.repeat(2_000_000)}x\n`);
    expect(judge(signature)).toMatch(/^malformed_signature: /);
  });
});

function nextCharacter(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 1);
}
