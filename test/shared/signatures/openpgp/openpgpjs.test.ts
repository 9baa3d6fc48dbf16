import * as openpgp from 'openpgp';
import { expect, it } from 'vitest';
import { compileCertificates } from '../../../../shared/signatures/openpgp/compile-certificates.ts';
import { outcomeOf, verifyPayload } from '../../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';

/** Keys that GnuPG 2.2 cannot make: version 6 and the algorithms of RFC 9580. */
it.each([
  ['version 4, Ed25519', { type: 'curve25519', config: { v6Keys: false } }, 27],
  ['version 4, Ed448', { type: 'curve448', config: { v6Keys: false } }, 28],
  ['version 6, Ed25519', { type: 'curve25519', config: { v6Keys: true } }, 27],
  ['version 6, Ed448', { type: 'curve448', config: { v6Keys: true } }, 28],
  ['version 6, P-256', { type: 'ecc', curve: 'nistP256', config: { v6Keys: true } }, 19],
  ['version 6, RSA', { type: 'rsa', rsaBits: 2048, config: { v6Keys: true } }, 1],
] as const)('verifies what openpgp.js signs: %s', async (_name, options, algorithm) => {
  const { privateKey, publicKey } = await openpgp.generateKey({
    ...options,
    userIDs: { name: 'Alice', email: 'alice@example.com' },
    subkeys: [{ sign: true }, { sign: false }],
    date: new Date('2026-01-01'),
    format: 'object',
  });
  const { keys, problems } = await compileCertificates(Buffer.from(publicKey.armor()));
  expect(problems).toEqual([]);
  expect(keys).toMatchObject([
    { algorithm, signing: true, expires: null },
    { algorithm, signing: true },
    { signing: false },
  ]);
  for (const signingKeyIDs of [[privateKey.getKeyID()], [privateKey.subkeys[0]?.getKeyID() ?? privateKey.getKeyID()]]) {
    const message = await openpgp.createMessage({ binary: Buffer.from(PAYLOAD) });
    const signature = await openpgp.sign({ message, signingKeys: privateKey, signingKeyIDs, detached: true });
    expect(verifyPayload({ payload: PAYLOAD, signature, keys })).toMatchObject({
      outcome: 'verified',
      format: 'openpgp',
    });
    expect(outcomeOf({ payload: `${PAYLOAD}\n`, signature, keys })).toBe('invalid');
  }
});
