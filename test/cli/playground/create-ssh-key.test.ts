import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createSshKey } from '../../../cli/playground/create-ssh-key.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';

const run = promisify(execFile);

describe('createSshKey', () => {
  // The length of the comment moves the padding through its whole range.
  it.each([
    'a',
    'ab',
    'abc',
    'abcd',
    'abcde',
    'abcdef',
    'abcdefg',
    'abcdefgh',
  ])('makes a key pair that ssh-keygen reads and signs with (comment %s)', async (comment) => {
    const folder = await mkdtemp(join(tmpdir(), 'hl-key-'));
    try {
      const { privateKey, publicKey } = createSshKey(comment);
      const path = join(folder, 'id_ed25519');
      await writeFile(path, privateKey, { mode: 0o600 });
      expect((await run('ssh-keygen', ['-y', '-f', path])).stdout.trim()).toBe(publicKey);
      await writeFile(join(folder, 'data'), 'data');
      await run('ssh-keygen', ['-q', '-Y', 'sign', '-f', path, '-n', 'git', join(folder, 'data')]);
      expect(parseSshPublicKey(publicKey).type).toBe('ssh-ed25519');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('makes another one each time', () => {
    expect(createSshKey('a').publicKey).not.toBe(createSshKey('a').publicKey);
  });
});
