import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Checks,
  runAllChecks,
  runChecks,
  runChecksInBackground,
  type SignatureCheck,
} from '../../../shared/signatures/signature-check.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const data = Buffer.from('A commit');
const good: SignatureCheck = { digest: null, data, key: publicKey, signature: sign(null, data, privateKey) };
const bad: SignatureCheck = { ...good, data: Buffer.from('Another commit') };
/** OpenSSL knows no such digest, and says so in an error. */
const impossible: SignatureCheck = { ...good, digest: 'sha0' };
/** Edwards curves take the data as it is: that is found out where the arithmetic is done. */
const unfit: SignatureCheck = { ...good, digest: 'sha256' };

/** What each check was found to be, in order. */
function* ask(checks: readonly SignatureCheck[]): Checks<readonly string[]> {
  const found: string[] = [];
  for (const check of checks) {
    try {
      found.push((yield check) ? 'good' : 'bad');
    } catch (error) {
      found.push(error instanceof Error ? 'an error' : 'nothing that is thrown');
    }
  }
  return found;
}

function* fail(): Checks<readonly string[]> {
  yield good;
  throw new Error('a fault of our own');
}

const SEQUENCES = [[], [good], [bad, good], [good, impossible, bad], [impossible, impossible], [unfit, good]];
const EXPECTED = [
  [],
  ['good'],
  ['bad', 'good'],
  ['good', 'an error', 'bad'],
  ['an error', 'an error'],
  ['an error', 'good'],
];

describe('checks', () => {
  it('are answered alike here, all together and on other threads', async () => {
    expect(SEQUENCES.map((checks) => runChecks(ask(checks)))).toEqual(EXPECTED);
    expect(runAllChecks(SEQUENCES.map(ask))).toEqual(EXPECTED);
    expect(await Promise.all(SEQUENCES.map((checks) => runChecksInBackground(ask(checks))))).toEqual(EXPECTED);
  });

  it('pass on what their steps throw', async () => {
    expect(() => runChecks(fail())).toThrow('a fault of our own');
    expect(() => runAllChecks([ask([good]), fail()])).toThrow('a fault of our own');
    await expect(runChecksInBackground(fail())).rejects.toThrow('a fault of our own');
  });
});
