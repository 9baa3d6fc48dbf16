import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeygenCheck {
  readonly payload: string;
  readonly signature: Uint8Array;
  readonly allowedSigners: string;
  readonly identity?: string;
  /** A revocation list, plain or KRL. */
  readonly revocations?: Uint8Array | string;
  /** `YYYYMMDDHHMMSSZ`. */
  readonly at?: string;
}

/** Whether `ssh-keygen -Y verify` accepts the signature, as git would ask it. */
export function keygenAccepts(check: KeygenCheck): boolean {
  const { payload, signature, allowedSigners, identity = 'alice@example.com', revocations, at } = check;
  const folder = mkdtempSync('/tmp/hl-keygen-');
  try {
    const file = (name: string, data: Uint8Array | string) => {
      writeFileSync(join(folder, name), data);
      return join(folder, name);
    };
    const args = ['-Y', 'verify', '-n', 'git', '-I', identity, '-f', file('signers', allowedSigners)];
    args.push('-s', file('signature', signature), ...(at === undefined ? [] : ['-O', `verify-time=${at}`]));
    if (revocations !== undefined) args.push('-r', file('revoked', revocations));
    const run = spawnSync('ssh-keygen', args, { input: payload, env: { ...process.env, TZ: 'UTC' } });
    return run.status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A KRL of lines as `ssh-keygen -k` reads them (`serial: 5`, `id: alice`, `sha256: ssh-ed25519 …`).
 * @param authority - whose certificates it names; `none`: whoever's
 */
export function createKrl(lines: readonly string[], authority?: string): Buffer {
  const folder = mkdtempSync('/tmp/hl-krl-');
  try {
    const file = (name: string, data: string) => {
      writeFileSync(join(folder, name), data);
      return join(folder, name);
    };
    const args = ['-q', '-k', '-f', join(folder, 'krl')];
    if (authority === 'none') args.push('-s', 'none');
    else if (authority !== undefined) args.push('-s', file('authority.pub', `${authority}\n`));
    const run = spawnSync('ssh-keygen', [...args, file('lines', `${lines.join('\n')}\n`)], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    return readFileSync(join(folder, 'krl'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
