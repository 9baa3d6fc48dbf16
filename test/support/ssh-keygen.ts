import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
