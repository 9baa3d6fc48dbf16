import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createForgingKey, forgeSignature } from '../../support/forge-openpgp.ts';
import { outcomeOf, verifyPayload } from '../../support/verify-payload.ts';

const PAYLOAD = 'A commit';

describe('the format of a signature (trust rule 2.1)', () => {
  it.each([
    ['none', null, 'unsigned'],
    ['an empty one', '', 'malformed_signature'],
    ['text', 'Signed-off-by: Alice', 'malformed_signature'],
    [
      'an OpenPGP message',
      '-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n',
      'unknown_signature_type',
    ],
    [
      'X.509 that is cut',
      '-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n',
      'malformed_signature',
    ],
    ['something new', '-----BEGIN QUANTUM SIGNATURE-----\n', 'unknown_signature_type'],
    ['an OpenPGP key', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n', 'unknown_signature_type'],
    ['an SSH signature that is cut', '-----BEGIN SSH SIGNATURE-----', 'malformed_signature'],
    ['an OpenPGP signature that is cut', '-----BEGIN PGP SIGNATURE-----', 'malformed_signature'],
  ])('decides: %s', (_name, signature, outcome) => {
    expect(outcomeOf({ payload: PAYLOAD, signature })).toBe(outcome);
  });

  it('never throws, and never shows what was signed or signs', () => {
    const { record } = createForgingKey();
    const start = fc.constantFrom('', '-----BEGIN PGP SIGNATURE-----\n\n', '-----BEGIN SSH SIGNATURE-----\n');
    const body = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String({ maxLength: 400 }));
    const end = fc.constantFrom('', '\n-----END PGP SIGNATURE-----\n', '\n-----END SSH SIGNATURE-----\n');
    fc.assert(
      fc.property(start, body, end, (...parts) => {
        const result = verifyPayload({ payload: PAYLOAD, signature: parts.join(''), keys: [record] });
        expect(result.outcome).toBe('refused');
        if (result.outcome === 'refused') expect(result.message).toMatch(/^[\x20-\x7e]{1,300}$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('fails closed where a key of the ring is broken', () => {
    const key = createForgingKey();
    const broken = { ...key.record, spki: 'AAAA' };
    const result = verifyPayload({ payload: PAYLOAD, signature: forgeSignature(key, PAYLOAD), keys: [broken] });
    expect(result).toMatchObject({
      reason: 'malformed_signature',
      message: expect.stringContaining('reading it ended in'),
    });
  });
});
