import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedData } from '../support/shared-data.ts';
import { type BenchRow, compareTimes, medianMs } from './measure.ts';

const ANCHOR = '897c1a470da759236cc11798f4e0a5f7d4d59fbc';
const TIP = 'caa8c0b4646b993537be13c9bc819b3df68ab9b2';

/** `headlock verify` on a real history, process start and key compilation included, beside git with gpg on the same commits. */
export async function benchHistory(): Promise<BenchRow | null> {
  const data = sharedData('histories', 'nonguix');
  if (!existsSync(data)) {
    console.warn('Left out: ../shared/data is missing beside the checkout.');
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'hl-b-'));
  const repository = join(folder, 'repository');
  const gnupg = join(folder, 'gnupg');
  const env = { ...process.env, GNUPGHOME: gnupg };
  const run = (program: string, args: readonly string[], input?: Buffer) =>
    execFileSync(program, [...args], { env, input, stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 });
  try {
    execFileSync('mkdir', ['-m', '700', gnupg]);
    run('git', ['init', '-q', '--bare', repository]);
    run('git', ['-C', repository, 'index-pack', '--stdin'], readFileSync(join(data, 'commits.pack')));
    run('git', ['-C', repository, 'update-ref', 'refs/heads/master', TIP]);
    for (const key of execFileSync('ls', [join(data, 'keys')], { encoding: 'utf8' })
      .trim()
      .split('\n')) {
      try {
        run('gpg', ['--batch', '--import', join(data, 'keys', key)]);
      } catch {
        // gpg refuses a file of damaged armor; the keys of the others are enough for the same work.
      }
    }
    const policy = join(folder, 'headlock.yaml');
    writeFileSync(policy, policyOf(repository, join(data, 'keys')));
    const headlock = join(import.meta.dirname, '..', '..', 'cli', 'headlock.mjs');
    const ours = await medianMs(3, () =>
      run(process.execPath, [headlock, 'verify', repository, '-f', policy, '--branch', 'master']),
    );
    const theirs = await medianMs(1, () =>
      run('git', ['-C', repository, 'log', '--format=%H %G?', `${ANCHOR}..${TIP}`]),
    );
    return compareTimes('verify 2,177 commits of nonguix', ours, 'git log --format=%G?', theirs);
  } finally {
    run('gpgconf', ['--kill', 'all']);
    rmSync(folder, { recursive: true, force: true });
  }
}

function policyOf(repository: string, keys: string): string {
  return `apiVersion: headlock/v1
verifier: https://headlock.example.com/bench
repositories:
  - name: nonguix
    url: file://${repository}
    provider: generic
    branches: [{ name: master, anchor: ${ANCHOR}, keyTime: ignore }]
    signatories: [{ name: Nonguix, openpgp: ${keys} }]
`;
}
