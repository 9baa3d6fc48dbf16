import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Issued } from './openssl-authority.ts';
import { createGpgHome, type GpgHome } from './signing.ts';

/**
 * A home in which gpgsm trusts these authorities. It asks for no revocation list and no certificate policy, as Headlock does
 * not, and accepts authorities without the extensions that it misses in some.
 */
export async function createGpgsmHome(authorities: readonly Issued[]): Promise<GpgHome> {
  const home = await createGpgHome();
  const trusted = authorities.map(({ der }) => `${hash('sha1', der)} S relax\n`).join('');
  await writeFile(join(home.path, 'trustlist.txt'), trusted);
  await writeFile(join(home.path, 'gpgsm.conf'), 'disable-crl-checks\ndisable-policy-checks\nbatch\n');
  for (const { der: input } of authorities) {
    const { status, stderr } = spawnSync('gpgsm', ['--import', '-'], { input, env: { ...process.env, ...home.env } });
    if (status !== 0) throw new Error(`gpgsm --import failed: ${stderr}`);
  }
  return home;
}
