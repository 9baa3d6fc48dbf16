import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommit } from '../../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import type { KeyTime, OpenPgpKey, SigningKey } from '../../../shared/model/signatory.ts';
import { splitCommit } from '../../../shared/signatures/split-commit.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { compileGpgKey } from '../../support/signatories.ts';
import {
  addGpgSubkey,
  createGpgHome,
  createGpgKey,
  type GpgHome,
  type GpgKey,
  revokeGpgKey,
  signWithGpg,
} from '../../support/signing.ts';
import { outcomeOf, verifyPayload } from '../../support/verify-payload.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA message\n';
const ALGORITHMS = [
  'rsa2048',
  'rsa3072',
  'ed25519',
  'nistp256',
  'nistp384',
  'nistp521',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
];

describe('what gpg and git sign', () => {
  let home: GpgHome;
  const keys = new Map<string, GpgKey>();
  const compiled: OpenPgpKey[] = [];

  beforeAll(async () => {
    home = await createGpgHome();
    for (const algo of ALGORITHMS) {
      const key = await createGpgKey({ home, algo, name: algo, email: `${algo}@example.com` });
      keys.set(algo, key);
      compiled.push(...(await compileGpgKey(key)).keys);
    }
  });
  afterAll(() => home.cleanup());

  it.each(ALGORITHMS)('verifies gpg’s signature by %s, and over nothing else', async (algo) => {
    const { fingerprint } = keyOf(algo);
    const signature = await signWithGpg(home, fingerprint, PAYLOAD);
    const result = verifyPayload({ payload: PAYLOAD, signature, keys: compiled });
    expect(result).toMatchObject({ outcome: 'verified', fingerprint: fingerprint.toLowerCase(), format: 'openpgp' });
    expect(outcomeOf({ payload: `${PAYLOAD}\n`, signature, keys: compiled })).toBe('invalid');
    const others = compiled.filter((key) => key.fingerprint !== fingerprint.toLowerCase());
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: others })).toBe('unknown_key');
  });

  it.each([
    'sha1',
    'sha256',
  ] as const)('verifies a commit that git signed in a %s repository, merges and odd bytes included', async (format) => {
    const repository = await createGitRepository({ format, env: home.env });
    const sign = `-S${keyOf('ed25519').fingerprint}`;
    try {
      const root = await repository.commit('Root', { files: { a: '1' }, args: [sign] });
      await repository.run('checkout', '-q', '-b', 'side');
      await repository.run('config', 'i18n.commitEncoding', 'ISO-8859-1');
      const latin = await repository.commit('Gr\u00fc\u00dfe', { args: [sign] });
      await repository.run('checkout', '-q', 'main');
      await repository.commit('Main', { args: [sign] });
      await repository.run('tag', '-s', '-u', keyOf('rsa2048').fingerprint, '-m', 'A tag', 'v1', latin);
      await repository.run('merge', '-q', '--no-ff', sign, '-m', 'Merge', 'v1');
      const merge = await repository.head();
      for (const oid of [root, latin, merge]) {
        await expect(repository.run('verify-commit', oid)).resolves.toBe('');
        expect(await judgeCommit(repository, oid, compiled)).toBe('verified');
      }
      // The merge holds the tag's own signature in its `mergetag`, which is signed along.
      expect((await repository.readObject(merge)).toString()).toContain('mergetag object');
      const unsigned = await repository.commit('Unsigned');
      expect(await judgeCommit(repository, unsigned, compiled)).toBe('unsigned');
    } finally {
      await repository.remove();
    }
  });

  it('verifies by a signing subkey, and refuses by a key that may not sign (trust rule 2.2)', async () => {
    const key = await createGpgKey({ home, algo: 'nistp256', name: 'Subkeys', email: 'subkeys@example.com' });
    const signing = await addGpgSubkey(key, { algo: 'ed25519', usage: 'sign' });
    const authentication = await addGpgSubkey(key, { algo: 'rsa2048', usage: 'auth' });
    await addGpgSubkey(key, { algo: 'cv25519', usage: 'encr' });
    const { keys: all, problems } = await compileGpgKey(key);
    expect(problems).toEqual([]);
    expect(all.map(({ signing }) => signing)).toEqual([true, true, false, false]);
    const signature = await signWithGpg(home, `${signing}!`, PAYLOAD);
    expect(verifyPayload({ payload: PAYLOAD, signature, keys: all })).toMatchObject({
      fingerprint: signing.toLowerCase(),
    });
    const mayNot = all.map((one) => (one.fingerprint === signing.toLowerCase() ? { ...one, signing: false } : one));
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: mayNot })).toBe('not_signing_key');
    expect(all.find(({ fingerprint }) => fingerprint === authentication.toLowerCase())).toMatchObject({
      unusable: null,
    });
  });

  it('follows a key through expiry, renewal and revocation (trust rules 2.2, 3.1, 3.3)', async () => {
    const start = Date.UTC(2020, 0, 1) / 1000;
    const [hour, day, year] = [3_600, 86_400, 365 * 86_400];
    const key = await createGpgKey({
      home,
      name: 'Life',
      email: 'life@example.com',
      at: start,
      expires: `seconds=${day}`,
    });
    const signature = await signWithGpg(home, key.fingerprint, PAYLOAD, { at: start + hour });
    const judge = async (firstSeen: number, keyTime: KeyTime = 'first-seen') =>
      outcomeOf({ payload: PAYLOAD, signature, keys: (await compileGpgKey(key)).keys, terms: { firstSeen, keyTime } });

    expect(await judge(start)).toBe('future_signature');
    expect(await judge(start + 2 * hour)).toBe('verified');
    expect(await judge(start + 2 * day)).toBe('expired_key');
    expect(await judge(start + 2 * day, 'signature')).toBe('verified');

    await home.gpg(['--quick-set-expire', key.fingerprint, `seconds=${year}`], { at: start + 3 * day });
    expect(await judge(start + 2 * day)).toBe('verified');

    await revokeGpgKey(key, 'retired', start + 5 * day);
    expect(await judge(start + 2 * day)).toBe('verified');
    expect(await judge(start + 6 * day)).toBe('revoked_key');
    expect(await judge(start + 6 * day, 'ignore')).toBe('verified');

    const late = await createGpgKey({ home, name: 'Stolen', email: 'stolen@example.com', at: start });
    const stolen = await signWithGpg(home, late.fingerprint, PAYLOAD, { at: start + hour });
    await revokeGpgKey(late, 'compromised', start + 5 * day);
    const { keys } = await compileGpgKey(late);
    expect(outcomeOf({ payload: PAYLOAD, signature: stolen, keys, terms: { keyTime: 'ignore' } })).toBe('revoked_key');
  });

  it.each([
    ['SHA-1', ['--digest-algo', 'SHA1'], 'weak_algorithm'],
    ['SHA-224', ['--digest-algo', 'SHA224'], 'weak_algorithm'],
    ['SHA-512', ['--digest-algo', 'SHA512'], 'verified'],
    ['text mode', ['--textmode'], 'malformed_signature'],
    ['a comment', ['--comment', 'from gpg'], 'verified'],
    ['a critical notation', ['--sig-notation', '!a@example.com=b'], 'malformed_signature'],
    ['a notation', ['--sig-notation', 'a@example.com=b'], 'verified'],
    ['a policy URL', ['--sig-policy-url', '!https://example.com'], 'verified'],
    ['two signatures', ['-u', 'ed25519@example.com'], 'malformed_signature'],
  ])('judges a signature with %s', async (_name, args, outcome) => {
    const signature = await signWithGpg(home, keyOf('rsa2048').fingerprint, PAYLOAD, { args });
    expect(outcomeOf({ payload: PAYLOAD, signature, keys: compiled })).toBe(outcome);
  });

  it('refuses a whole message and a clear-signed text in place of a signature', async () => {
    const { fingerprint } = keyOf('ed25519');
    const message = await home.gpg(['--armor', '-u', fingerprint, '--sign'], { input: PAYLOAD });
    const clear = await home.gpg(['-u', fingerprint, '--clear-sign'], { input: PAYLOAD });
    expect(outcomeOf({ payload: PAYLOAD, signature: message, keys: compiled })).toBe('unknown_signature_type');
    expect(outcomeOf({ payload: PAYLOAD, signature: clear, keys: compiled })).toBe('unknown_signature_type');
  });

  function keyOf(algo: string): GpgKey {
    const key = keys.get(algo);
    if (key === undefined) throw new Error(`no key ${algo}`);
    return key;
  }
});

async function judgeCommit(repository: GitRepository, oid: Oid, keys: readonly SigningKey[]): Promise<string> {
  const split = splitCommit(parseCommit(oid, await repository.readObject(oid), DEFAULT_BRANCH_LIMITS));
  return 'outcome' in split ? split.reason : outcomeOf({ ...split, keys });
}
