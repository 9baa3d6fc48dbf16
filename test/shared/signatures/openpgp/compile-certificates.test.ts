import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenPgpKey } from '../../../../shared/model/signatory.ts';
import { compileCertificates, compileKeyFiles } from '../../../../shared/signatures/openpgp/compile-certificates.ts';
import { compileGpgKey } from '../../../support/signatories.ts';
import {
  addGpgSubkey,
  createGpgHome,
  createGpgKey,
  exportPublicKey,
  type GpgHome,
  type GpgKey,
  type RevocationReason,
  revokeGpgKey,
} from '../../../support/signing.ts';

const T2020 = Date.UTC(2020, 0, 1) / 1000;
const T2022 = Date.UTC(2022, 0, 1) / 1000;
const T2024 = Date.UTC(2024, 0, 1) / 1000;
const DAY = 86_400;

let home: GpgHome;
let count = 0;

beforeAll(async () => {
  home = await createGpgHome();
});
afterAll(() => home.cleanup());

function createKey(options: { at?: number; expires?: string; algo?: string; usage?: string } = {}): Promise<GpgKey> {
  count += 1;
  return createGpgKey({ home, name: `Key ${count}`, email: `key${count}@example.com`, ...options });
}

async function compileOne(key: GpgKey): Promise<OpenPgpKey> {
  const { keys, problems } = await compileGpgKey(key);
  expect(problems).toEqual([]);
  const [primary] = keys;
  if (primary === undefined) throw new Error('nothing was compiled');
  return primary;
}

describe('the window of a key (trust rule 2.2)', () => {
  it('runs from its creation without end, where no expiry is stated', async () => {
    const key = await createKey({ at: T2020 });
    expect(await compileOne(key)).toMatchObject({
      fingerprint: key.fingerprint.toLowerCase(),
      keyId: key.fingerprint.slice(-16).toLowerCase(),
      primaryFingerprint: key.fingerprint.toLowerCase(),
      version: 4,
      algorithm: 22,
      bits: 255,
      created: T2020,
      expires: null,
      statedAt: T2020,
      revocation: null,
      signing: true,
      unusable: null,
    });
  });

  it('ends when the newest self-signature says, be it later, sooner or never', async () => {
    const key = await createKey({ at: T2020, expires: 'seconds=86400' });
    expect(await compileOne(key)).toMatchObject({ created: T2020, expires: T2020 + DAY });
    await home.gpg(['--quick-set-expire', key.fingerprint, 'seconds=172800'], { at: T2022 });
    expect(await compileOne(key)).toMatchObject({ created: T2020, expires: T2022 + 2 * DAY, statedAt: T2022 });
    await home.gpg(['--quick-set-expire', key.fingerprint, '0'], { at: T2024 });
    expect(await compileOne(key)).toMatchObject({ created: T2020, expires: null, statedAt: T2024 });
  });

  it('ends for a subkey no later than for its primary', async () => {
    const key = await createKey({ at: T2020, expires: 'seconds=864000' });
    await addGpgSubkey(key, { at: T2020 + DAY, expires: 'seconds=86400' });
    await addGpgSubkey(key, { at: T2020 + DAY, expires: '0' });
    const { keys } = await compileGpgKey(key);
    expect(keys.map(({ created, expires }) => [created, expires])).toEqual([
      [T2020, T2020 + 10 * DAY],
      [T2020 + DAY, T2020 + 2 * DAY],
      [T2020 + DAY, T2020 + 10 * DAY],
    ]);
  });

  it('agrees with gpg on the expiry of several user ids', async () => {
    const key = await createKey({ at: T2020, expires: 'seconds=86400' });
    await home.gpg(['--quick-add-uid', key.fingerprint, 'Second <second@example.com>'], { at: T2020 + 60 });
    await home.gpg(['--quick-set-expire', key.fingerprint, 'seconds=172800'], { at: T2020 + 120 });
    expect((await compileOne(key)).expires).toBe(await expiryByGpg(key));
  });
});

describe('revocations (trust rule 3.3)', () => {
  it.each<[RevocationReason, object]>([
    ['none', { kind: 'hard' }],
    ['compromised', { kind: 'hard' }],
    ['superseded', { kind: 'soft', at: T2022 }],
    ['retired', { kind: 'soft', at: T2022 }],
  ])('tells hard from soft: %s', async (reason, revocation) => {
    const key = await createKey({ at: T2020 });
    await addGpgSubkey(key, { at: T2020 });
    await revokeGpgKey(key, reason, T2022);
    const { keys } = await compileGpgKey(key);
    expect(keys.map((one) => one.revocation)).toEqual([revocation, revocation]);
  });

  it('revokes a subkey alone', async () => {
    const key = await createKey({ at: T2020 });
    await addGpgSubkey(key, { at: T2020 });
    await addGpgSubkey(key, { at: T2020 });
    const answers = 'key 1\nrevkey\ny\n3\n\ny\nsave\n';
    await home.gpg(['--command-fd', '0', '--no-batch', '--edit-key', key.fingerprint], { at: T2022, input: answers });
    const { keys } = await compileGpgKey(key);
    expect(keys.map((one) => one.revocation)).toEqual([null, { kind: 'soft', at: T2022 }, null]);
  });

  it('looks past a revoked user id', async () => {
    const key = await createKey({ at: T2020 });
    await home.gpg(['--quick-add-uid', key.fingerprint, 'Short <short@example.com>'], { at: T2020 + 60 });
    await home.gpg(['--quick-set-expire', key.fingerprint, 'seconds=86400'], { at: T2020 + 120 });
    const name = `Key ${count} <key${count}@example.com>`;
    await home.gpg(['--quick-revoke-uid', key.fingerprint, name], { at: T2022 });
    expect(await compileOne(key)).toMatchObject({ signing: true, expires: T2020 + 120 + DAY });
  });
});

describe('keys that cannot be used', () => {
  it('keeps them, and says why', async () => {
    const weak = await createKey({ algo: 'rsa1024' });
    const dsa = await createKey({ algo: 'dsa2048' });
    const curve = await createKey({ algo: 'secp256k1' });
    const [weakKeys, dsaKeys, curveKeys] = await Promise.all([weak, dsa, curve].map(compileGpgKey));
    expect(weakKeys?.keys).toMatchObject([
      { signing: true, spki: null, bits: 1024, unusable: expect.stringContaining('1024') },
    ]);
    expect(dsaKeys?.keys).toMatchObject([{ signing: true, spki: null, unusable: expect.stringContaining('DSA') }]);
    expect(curveKeys?.keys).toMatchObject([{ signing: true, spki: null, unusable: expect.stringContaining('curve') }]);
    for (const compiled of [weakKeys, dsaKeys, curveKeys]) expect(compiled?.problems).toHaveLength(1);
  });

  it('lets a weak primary bind nothing', async () => {
    const key = await createKey({ algo: 'dsa2048' });
    await addGpgSubkey(key);
    const { keys, problems } = await compileGpgKey(key);
    expect(keys[1]).toMatchObject({
      signing: false,
      spki: null,
      unusable: expect.stringContaining('its primary key cannot bind it'),
    });
    expect(problems).toEqual([expect.stringContaining('No key of this certificate can sign')]);
  });

  it('compiles encryption and certification keys as such', async () => {
    const key = await createKey({ usage: 'cert' });
    await addGpgSubkey(key, { algo: 'cv25519', usage: 'encr' });
    const { keys, problems } = await compileGpgKey(key);
    expect(keys).toMatchObject([
      { signing: false, unusable: null },
      { signing: false, spki: null },
    ]);
    expect(problems).toHaveLength(1);
  });

  it('refuses SHA-1 self-signatures from February 2023 on', async () => {
    const sha1 = ['--cert-digest-algo', 'SHA1', '--digest-algo', 'SHA1'];
    const old = await createKeyWith(sha1, T2022);
    const recent = await createKeyWith(sha1, T2024);
    expect(await compileOne(old)).toMatchObject({ signing: true });
    const { keys, problems } = await compileGpgKey(recent);
    expect(keys).toMatchObject([{ signing: false, unusable: 'its certificate has no valid self-signature' }]);
    expect(problems).toHaveLength(1);
  });

  it.each([
    'SHA1',
    'RIPEMD160',
  ])('lets those by %s take away from what a former copy says (trust rule 2.2)', async (digest) => {
    const key = await createKeyWith([], T2022);
    await addGpgSubkey(key, { algo: 'rsa2048', at: T2022 });
    const former = await exportPublicKey(key);
    const expiriesAfter = async (...args: readonly string[]) => {
      const expire = ['--cert-digest-algo', digest, '--quick-set-expire', key.fingerprint];
      await home.gpg([...expire, ...args], { at: T2024 });
      const [compiled] = await compileKeyFiles([former, await exportPublicKey(key)]);
      expect(compiled?.keys).toMatchObject([{ signing: true }, { signing: true }]);
      return compiled?.keys.map(({ expires }) => expires);
    };
    expect(await expiriesAfter('seconds=8640000', '*')).toEqual([null, T2024 + 100 * DAY]);
    expect(await expiriesAfter('seconds=86400')).toEqual([T2024 + DAY, T2024 + DAY]);
    expect(await expiryByGpg(key)).toBe(T2024 + DAY);
  });

  async function createKeyWith(args: readonly string[], at: number): Promise<GpgKey> {
    count += 1;
    const user = `Key ${count} <key${count}@example.com>`;
    await home.gpg([...args, '--quick-gen-key', user, 'rsa2048', 'sign', '0'], { at });
    const lines = (await home.gpg(['--list-keys', '--with-colons', user])).toString().split('\n');
    const fingerprint = lines.find((line) => line.startsWith('fpr:'))?.split(':')[9] ?? '';
    return { home, fingerprint, cleanup: home.cleanup };
  }
});

async function expiryByGpg(key: GpgKey): Promise<number> {
  const lines = (await home.gpg(['--list-keys', '--with-colons', key.fingerprint])).toString().split('\n');
  return Number(lines.find((line) => line.startsWith('pub:'))?.split(':')[6]);
}

describe('files of certificates', () => {
  it('reads one or many, armored or binary, with text between the blocks', async () => {
    const [one, two] = [await createKey(), await createKey()];
    const armored = Buffer.concat([
      Buffer.from('Our keys:\r\n'),
      await exportPublicKey(one),
      Buffer.from('\nand\n'),
      await exportPublicKey(two),
    ]);
    const binary = Buffer.concat([
      await exportPublicKey(one, { armor: false }),
      await exportPublicKey(two, { armor: false }),
    ]);
    const together = await home.gpg(['--armor', '--export', one.fingerprint, two.fingerprint]);
    for (const file of [armored, binary, together]) {
      const { keys, problems } = await compileCertificates(file);
      expect(problems).toEqual([]);
      expect(keys.map(({ fingerprint }) => fingerprint.toUpperCase()).sort()).toEqual(
        [one.fingerprint, two.fingerprint].sort(),
      );
    }
  });

  it('lets a bad certificate spoil no other', async () => {
    const [one, two] = [await createKey(), await createKey()];
    const first = await exportPublicKey(one, { armor: false });
    const broken = Buffer.from(first).fill(0xff, 10, 20);
    const { keys, problems } = await compileCertificates(
      Buffer.concat([broken, await exportPublicKey(two, { armor: false })]),
    );
    expect(keys.map(({ fingerprint }) => fingerprint.toUpperCase())).toContain(two.fingerprint);
    expect(problems).toEqual([
      expect.stringMatching(/^(?:Certificate 1 of the file cannot be read|No key of this certificate)/),
    ]);
    const damaged = (await exportPublicKey(one)).toString().replace(/\n\n./, '\n\n!');
    const inBlocks = await compileCertificates(Buffer.concat([Buffer.from(damaged), await exportPublicKey(two)]));
    expect(inBlocks.keys.map(({ fingerprint }) => fingerprint.toUpperCase())).toEqual([two.fingerprint]);
    expect(inBlocks.problems).toEqual([expect.stringContaining('The key block on line 1 cannot be read')]);
  });

  it('reads an armor without the empty line after its first', async () => {
    const key = await createKey();
    const file = (await exportPublicKey(key)).toString().replace('\n\n', '\n');
    expect(await compileCertificates(Buffer.from(file))).toMatchObject({ problems: [], keys: [{ signing: true }] });
  });

  it('says what is wrong with a file', async () => {
    const key = await createKey();
    const privateKey = await home.gpg(['--armor', '--export-secret-keys', key.fingerprint]);
    const binaryPrivateKey = await home.gpg(['--export-secret-keys', key.fingerprint]);
    const armored = (await exportPublicKey(key)).toString();
    const files: readonly (readonly [Uint8Array | string, string])[] = [
      ['', 'holds no OpenPGP key'],
      ['ssh-ed25519 AAAA', 'holds no OpenPGP key'],
      [privateKey, 'PRIVATE key'],
      [binaryPrivateKey, 'PRIVATE key'],
      [armored.replace(/-----END.*\n/, ''), 'its end is missing'],
      [armored.replaceAll('PUBLIC KEY BLOCK', 'MESSAGE'), 'no public key'],
      [Buffer.from([0xb4, 3, 65, 66, 67]), 'does not start with a public key'],
      [Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff, 0xff]), 'ends too early'],
      [
        Buffer.concat([
          await exportPublicKey(key, { armor: false }),
          Buffer.from('\xb4\x01A'.repeat(10_000), 'latin1'),
        ]),
        'more than 10000 packets',
      ],
      [new Uint8Array(32 * 1024 * 1024 + 1), 'longer than'],
    ];
    for (const [file, problem] of files) {
      const compiled = await compileCertificates(Buffer.from(file));
      expect(compiled.keys).toEqual([]);
      expect(compiled.problems).toEqual([expect.stringContaining(problem)]);
    }
  });
});
