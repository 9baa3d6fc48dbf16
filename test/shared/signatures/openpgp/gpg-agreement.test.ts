import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileCertificates } from '../../../../shared/signatures/openpgp/compile-certificates.ts';
import { describeWithSharedData, sharedData } from '../../../support/shared-data.ts';
import { createGpgHome, type GpgHome } from '../../../support/signing.ts';

/** Algorithms that can only encrypt: gpg says of them no more than that. */
const ENCRYPTION: ReadonlySet<string> = new Set(['16', '18']);

const UNREADABLE_FOR_GPG = 'pineapples-3152EF58.2801f15c.asc';

describeWithSharedData('certificates of real people', () => {
  let home: GpgHome;

  beforeAll(async () => {
    home = await createGpgHome();
  });
  afterAll(() => home.cleanup());

  it('are judged as gpg judges them', async () => {
    const flux = filesIn('signatures', 'flux-gpg').filter((file) => file.endsWith('.pub'));
    const nonguix = filesIn('histories', 'nonguix', 'keys').filter((file) => !file.endsWith(UNREADABLE_FOR_GPG));
    const files = [...flux, ...nonguix, ...filesIn('keys')];
    expect(files).toHaveLength(19);
    for (const file of files) {
      const bytes = readFileSync(file);
      const { keys } = await compileCertificates(bytes);
      const found = keys.map(({ fingerprint, created, expires, signing }) => ({
        fingerprint: fingerprint.toUpperCase(),
        created,
        expires,
        signing,
      }));
      expect(found, file).toEqual(await judgeWithGpg(home, bytes));
    }
  });

  it('are read where gpg fails for the empty line that is missing', async () => {
    const [broken, good] = filesIn('histories', 'nonguix', 'keys').filter((file) => file.includes('pineapples'));
    expect(broken).toContain(UNREADABLE_FOR_GPG);
    const compiled = await compileCertificates(readFileSync(String(broken)));
    expect(compiled).toEqual(await compileCertificates(readFileSync(String(good))));
    expect(compiled.keys).toHaveLength(3);
  });
});

function filesIn(...folder: readonly string[]): string[] {
  return readdirSync(sharedData(...folder))
    .sort()
    .map((file) => sharedData(...folder, file));
}

/** What `gpg --show-keys` says of each key; a subkey's expiry is no later than its primary's. */
async function judgeWithGpg(home: GpgHome, file: Buffer) {
  const output = await home.gpg(['--show-keys', '--with-colons', '--with-subkey-fingerprint'], { input: file });
  const lines = output
    .toString()
    .split('\n')
    .map((line) => line.split(':'));
  let primaryExpires = Number.POSITIVE_INFINITY;
  return lines.flatMap(([type, , , algorithm = '', , created, expires, , , , , capabilities = ''], index) => {
    if (type !== 'pub' && type !== 'sub') return [];
    const own = Number(expires) || Number.POSITIVE_INFINITY;
    if (type === 'pub') primaryExpires = own;
    const end = Math.min(own, primaryExpires);
    const fingerprint = lines.slice(index).find(([kind]) => kind === 'fpr')?.[9];
    const signing = !ENCRYPTION.has(algorithm) && capabilities.includes('s');
    return [{ fingerprint, created: Number(created), expires: Number.isFinite(end) ? end : null, signing }];
  });
}
