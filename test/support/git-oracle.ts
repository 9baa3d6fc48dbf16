import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { computeOid } from '../../shared/git/object-id.ts';
import type { ObjectFormat, Oid } from '../../shared/model/oid.ts';
import { buildPack } from './build-pack.ts';
import { createGitRepository } from './git-repository.ts';

/** By whose keys git judges. */
export type OracleTrust =
  /** gpg with the public keys of a home, taking `at` for now. */
  | { readonly kind: 'gpg'; readonly home: string; readonly at: number }
  /** gpgsm with the authorities that a home trusts, as of now. */
  | { readonly kind: 'gpgsm'; readonly home: string }
  /** ssh-keygen, as of the committer's date. */
  | { readonly kind: 'ssh'; readonly allowedSigners: string; readonly revocations?: Uint8Array | string };

export interface OracleAnswer {
  /** git-log(1), `%G?`: G is good. U, a good signature of a key that is not trusted, is what SSH keys get that nobody lists. */
  readonly letter: string;
  /** The key that signed: an OpenPGP fingerprint in upper case, or `SHA256:…`; none of gpgsm, which names certificates. */
  readonly fingerprint: string;
}

/** Real git with gpg, gpgsm or ssh-keygen, judging commits of which nothing but the bytes is known. */
export interface GitOracle {
  /** Stores commits, however malformed. @returns their ids */
  store(bodies: readonly Uint8Array[]): Promise<readonly Oid[]>;
  /** `git log --format=%G?` on commits that git can parse. */
  judge(commits: readonly Oid[], trust: OracleTrust): Promise<ReadonlyMap<Oid, OracleAnswer>>;
  /** `git verify-commit --raw`: whether it succeeds, and what the program behind it said. */
  verify(commit: Oid, trust: OracleTrust): Promise<{ readonly isGood: boolean; readonly said: string }>;
  /** Those of the commits that `git verify-commit` does not accept. */
  findUnverified(commits: readonly Oid[], trust: OracleTrust): Promise<ReadonlySet<Oid>>;
  remove(): Promise<void>;
}

const PACK_SIZE = 200;
const BATCH = 100;
/** The machines that run tests have two cores at least. */
const PROCESSES = 2;

export async function createGitOracle(format: ObjectFormat = 'sha1'): Promise<GitOracle> {
  const repository = await createGitRepository({ bare: true, format });
  let files = 0;
  const file = async (content: Uint8Array | string) => {
    const path = join(repository.root, `file-${files++}`);
    await writeFile(path, content);
    return path;
  };
  const settings = new Map<OracleTrust, Promise<readonly string[]>>();
  const settingOf = (trust: OracleTrust): Promise<readonly string[]> => {
    const known = settings.get(trust) ?? configure(trust);
    settings.set(trust, known);
    return known;
  };

  const configure = async (trust: OracleTrust): Promise<readonly string[]> => {
    if (trust.kind === 'gpgsm') return ['-c', 'gpg.x509.program=gpgsm'];
    return trust.kind === 'gpg' ? configureGpg(trust) : configureSsh(trust);
  };
  const configureGpg = async ({ at }: OracleTrust & { kind: 'gpg' }) => {
    const options = `--faked-system-time '${at}!' --trust-model always --no-auto-check-trustdb`;
    const program = await file(`#!/bin/sh\nexec gpg ${options} "$@"\n`);
    await chmod(program, 0o700);
    return ['-c', `gpg.program=${program}`];
  };
  const configureSsh = async ({ allowedSigners, revocations }: OracleTrust & { kind: 'ssh' }) => {
    const listed = revocations === undefined ? [] : ['-c', `gpg.ssh.revocationFile=${await file(revocations)}`];
    return ['-c', `gpg.ssh.allowedSignersFile=${await file(allowedSigners)}`, ...listed];
  };
  const run = async (trust: OracleTrust, args: readonly string[], input = '') => {
    const env = trust.kind === 'ssh' ? repository.env : { ...repository.env, GNUPGHOME: trust.home };
    return runGit(repository.path, env, [...(await settingOf(trust)), ...args], input);
  };

  /** git dies on an armor that it does not know, and where ssh-keygen ends early: that commit is refused, and the others have their turn. */
  const judgeInTurn = async (commits: readonly Oid[], trust: OracleTrust, answers: Map<Oid, OracleAnswer>) => {
    for (let rest = [...new Set(commits)]; rest.length > 0; rest = rest.filter((id) => !answers.has(id))) {
      const args = ['log', '--no-walk=unsorted', '--stdin', '--format=%H %G? %GF'];
      const { end, stdout, stderr } = await run(trust, args, `${rest.join('\n')}\n`);
      for (const line of stdout.split('\n').filter((each) => each !== '')) {
        const [id, letter = '', fingerprint = ''] = line.split(' ');
        answers.set(id as Oid, { letter, fingerprint: trust.kind === 'gpgsm' ? '' : fingerprint });
      }
      const died = rest.find((id) => !answers.has(id));
      if (died === undefined) return;
      const isExpected = end === 'SIGPIPE' || (end !== 0 && stderr.includes('bad/incompatible signature'));
      const alone = await run(trust, ['verify-commit', died]);
      if (!isExpected || alone.end === 0) throw new Error(`git log failed: ${end} ${stderr}`);
      answers.set(died, { letter: 'E', fingerprint: '' });
    }
  };

  return {
    store: async (bodies) => {
      const ids = bodies.map((body) => computeOid('commit', body, format).oid);
      const unique = [...new Map(ids.map((id, index) => [id, bodies[index] ?? Buffer.alloc(0)])).values()];
      for (let start = 0; start < unique.length; start += PACK_SIZE) {
        const parts = unique.slice(start, start + PACK_SIZE).map((body) => ({ type: 'commit', body }) as const);
        await repository.pipe(buildPack(parts, format), 'index-pack', '--stdin');
      }
      return ids;
    },
    judge: async (commits, trust) => {
      const share = Math.ceil(commits.length / PROCESSES);
      const shares = Array.from({ length: PROCESSES }, (_, n) => commits.slice(n * share, (n + 1) * share));
      const answers = new Map<Oid, OracleAnswer>();
      await Promise.all(shares.map((ids) => judgeInTurn(ids, trust, answers)));
      return answers;
    },
    verify: async (commit, trust) => {
      const { end, stderr } = await run(trust, ['verify-commit', '--raw', commit]);
      return { isGood: end === 0, said: stderr };
    },
    findUnverified: async (commits, trust) => {
      const unverified = new Set<Oid>();
      for (let start = 0; start < commits.length; start += BATCH) {
        const batch = commits.slice(start, start + BATCH);
        // Its status is that of the worst.
        if ((await run(trust, ['verify-commit', ...batch])).end === 0) continue;
        for (const id of batch) if ((await run(trust, ['verify-commit', id])).end !== 0) unverified.add(id);
      }
      return unverified;
    },
    remove: () => repository.remove(),
  };
}

interface GitRun {
  /** Exit status, or the signal that ended it. */
  readonly end: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

function runGit(cwd: string, env: NodeJS.ProcessEnv, args: readonly string[], input: string): Promise<GitRun> {
  const { promise, resolve, reject } = Promise.withResolvers<GitRun>();
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
  const child = execFile('git', [...args], options, (error, stdout, stderr) => {
    if (error !== null && typeof error.code !== 'number' && !error.signal) reject(error);
    else resolve({ end: error === null ? 0 : (error.signal ?? Number(error.code)), stdout, stderr });
  });
  child.stdin?.on('error', () => undefined); // git may end before it has read everything: its exit status tells.
  child.stdin?.end(input);
  return promise;
}
