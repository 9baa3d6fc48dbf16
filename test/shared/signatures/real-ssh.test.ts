import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommit } from '../../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { splitCommit } from '../../../shared/signatures/split-commit.ts';
import { splitTag } from '../../../shared/signatures/split-tag.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createGitRepository } from '../../support/git-repository.ts';
import { createSshKey, type SshKeyPair, signWithSsh } from '../../support/signing.ts';
import { outcomeOf } from '../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const KINDS = [
  { type: 'ed25519' },
  { type: 'rsa', bits: 2048 },
  { type: 'ecdsa', bits: 256 },
  { type: 'ecdsa', bits: 384 },
  { type: 'ecdsa', bits: 521 },
] as const;

describe('what ssh-keygen and git sign', () => {
  const pairs: SshKeyPair[] = [];
  const publicKeys = () => pairs.map(({ publicKey }) => parseSshPublicKey(publicKey));

  beforeAll(async () => {
    pairs.push(...(await Promise.all(KINDS.map(createSshKey))));
  });
  afterAll(() => Promise.all(pairs.map((pair) => pair.cleanup())));

  it('verifies with the key that made it, and with no other', async () => {
    for (const [index, pair] of pairs.entries()) {
      for (const hash of ['sha256', 'sha512']) {
        const signature = await signWithSsh(pair, PAYLOAD, { hash });
        const outcomes = publicKeys().map((key) => outcomeOf({ payload: PAYLOAD, signature, keys: [key] }));
        expect(outcomes).toEqual(pairs.map((_, other) => (other === index ? 'verified' : 'unknown_key')));
        expect(outcomeOf({ payload: `${PAYLOAD}\n`, signature, keys: publicKeys() })).toBe('invalid');
      }
    }
  });

  it('refuses a signature for another namespace (trust rule 2.3)', async () => {
    for (const pair of pairs) {
      const signature = await signWithSsh(pair, PAYLOAD, { namespace: 'file' });
      expect(outcomeOf({ payload: PAYLOAD, signature, keys: publicKeys() })).toBe('malformed_signature');
    }
  });

  it.each([
    'sha1',
    'sha256',
  ] as const)('verifies commits and tags that git signed in a %s repository', async (format) => {
    const repository = await createGitRepository({ format });
    try {
      await repository.run('config', 'gpg.format', 'ssh');
      for (const [index, { path }] of pairs.entries()) {
        const oid = await repository.commit(`Commit ${index}`, { args: [`-S${path}`] });
        const split = splitCommit(parseCommit(oid, await repository.readObject(oid), DEFAULT_BRANCH_LIMITS));
        if ('outcome' in split) throw new Error(split.message);
        expect(outcomeOf({ ...split, keys: publicKeys() })).toBe('verified');
        await repository.run('tag', '-s', '-u', path, '-m', 'A tag', `v${index}`);
        const tag = await repository.readObject(await repository.head(`refs/tags/v${index}`));
        expect(outcomeOf({ ...splitTag(tag), keys: publicKeys() })).toBe('verified');
      }
    } finally {
      await repository.remove();
    }
  });
});
