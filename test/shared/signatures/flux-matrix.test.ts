import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { parseCommit } from '../../../shared/git/parse-commit.ts';
import type { Identity } from '../../../shared/model/commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import { createKeyring, type Keyring } from '../../../shared/signatures/keyring.ts';
import { compileCertificates } from '../../../shared/signatures/openpgp/compile-certificates.ts';
import { splitCommit } from '../../../shared/signatures/split-commit.ts';
import { splitTag } from '../../../shared/signatures/split-tag.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { verifySignature } from '../../../shared/signatures/verify-signature.ts';
import { describeWithSharedData, sharedData } from '../../support/shared-data.ts';
import { createSignatory } from '../../support/signatories.ts';

const TERMS = { keyTime: 'first-seen', matchEmail: false, firstSeen: Date.UTC(2026, 10, 21) / 1000 } as const;
const SOMEBODY: Identity = { name: 'Test User', email: 'sign-user@example.com', seconds: 1_767_225_600 };

describeWithSharedData('signatures that Flux made', () => {
  const keyrings = new Map<string, Keyring>();

  beforeAll(async () => {
    for (const file of filesOf('flux-gpg', /^key_.*\.pub$/)) {
      const { keys, problems } = await compileCertificates(read('flux-gpg', file));
      expect(problems).toEqual([]);
      keyrings.set(`flux-gpg/${nameOf(file)}`, createKeyring([createSignatory(keys)]));
    }
    for (const file of filesOf('flux-ssh', /^key_.*\.pub$/)) {
      const key = parseSshPublicKey(read('flux-ssh', file).toString());
      expect(key.fingerprint).toBe(fingerprintOf(file));
      keyrings.set(`flux-ssh/${nameOf(file)}`, createKeyring([createSignatory([key])]));
    }
  });

  it('accepts each object with its own key, Brainpool too, and with no other (trust rules 2.2, 2.3)', () => {
    const accepted: string[] = [];
    const refused = new Map<string, number>();
    for (const folder of ['flux-gpg', 'flux-ssh']) {
      for (const file of filesOf(folder, /\.txt$/)) {
        for (const [key, keyring] of keyrings) {
          const result = verifySignature(
            { ...splitObject(read(folder, file), file), committer: SOMEBODY },
            keyring,
            TERMS,
          );
          if (result.outcome === 'verified') accepted.push(`${folder}/${file} by ${key}`);
          else refused.set(result.reason, (refused.get(result.reason) ?? 0) + 1);
        }
      }
    }
    const signed = ['flux-gpg', 'flux-ssh'].flatMap((folder) =>
      filesOf(folder, /_signed\.txt$/).map((file) => `${folder}/${file} by ${folder}/${nameOf(file)}`),
    );
    expect(signed).toHaveLength(28);
    expect(accepted.sort()).toEqual(signed.sort());
    // 32 objects and 14 keys: 28 × 13 pairs of a signed object and another key, 4 × 14 of an unsigned one.
    expect(Object.fromEntries(refused)).toEqual({ unknown_key: 364, unsigned: 56 });
  });
});

function splitObject(raw: Buffer, file: string) {
  if (file.startsWith('tag_')) return splitTag(raw);
  const split = splitCommit(parseCommit(parseOid('0'.repeat(40)), raw, DEFAULT_BRANCH_LIMITS));
  if ('outcome' in split) throw new Error(split.message);
  return split;
}

/** `key_rsa_2048.pub` and `commit_rsa_2048_signed.txt` are both of `rsa_2048`. */
function nameOf(file: string): string {
  return file.replace(/^(?:key|commit|tag)_/, '').replace(/(?:_signed)?\.\w+$/, '');
}

function filesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(sharedData('signatures', folder)).filter((file) => pattern.test(file));
}

function read(folder: string, file: string): Buffer {
  return readFileSync(sharedData('signatures', folder, file));
}

function fingerprintOf(file: string): string {
  return read('flux-ssh', `${file}_fingerprint`).toString().trim();
}
