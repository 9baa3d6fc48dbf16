import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommit } from '../../../shared/git/parse-commit.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import type { SigningKey } from '../../../shared/model/signatory.ts';
import { createKeyring, type Keyring } from '../../../shared/signatures/keyring.ts';
import { parseSignature } from '../../../shared/signatures/openpgp/parse-signature.ts';
import { readArmor } from '../../../shared/signatures/openpgp/read-armor.ts';
import { type SignedPayload, splitCommit } from '../../../shared/signatures/split-commit.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { readSshArmor } from '../../../shared/signatures/ssh/read-armor.ts';
import { verifySignature } from '../../../shared/signatures/verify-signature.ts';
import { createSshForgingKey, forgeSshSignature } from '../../support/forge-ssh.ts';
import { compileGpgKey, createSignatory } from '../../support/signatories.ts';
import {
  createGpgHome,
  createGpgKey,
  createSshKey,
  type GpgHome,
  type SshKeyPair,
  signWithGpg,
  signWithSsh,
} from '../../support/signing.ts';
import { certify } from '../../support/ssh-certificates.ts';
import { LATE } from '../../support/verify-payload.ts';

const ID = parseOid('4b825dc642cb6eb9a060e54bf8d69288fbee4904');
const PEOPLE =
  'author Alice <alice@example.com> 1767225600 +0000\ncommitter Alice <alice@example.com> 1767225600 +0000\n';
const BEFORE = `tree ${ID}\nparent ${ID}\n${PEOPLE}`;
const AFTER = 'encoding UTF-8\n\nA message\n';

/** A commit as git would write it around that signature. */
function commitWith(signature: Buffer): Buffer {
  return Buffer.from(
    `${BEFORE}gpgsig ${signature.toString('latin1').trimEnd().replaceAll('\n', '\n ')}\n${AFTER}`,
    'latin1',
  );
}

/** What a verified commit rests on: key, signed bytes, signature value. Null where it is not verified. */
function judge(raw: Buffer, keyring: Keyring): string | null {
  const split = trySplit(raw);
  if (split === null || split.signature === null) return null;
  const committer = { name: 'Alice', email: 'alice@example.com', seconds: 1_767_225_600 };
  const result = verifySignature({ ...split, committer }, keyring, {
    keyTime: 'first-seen',
    matchEmail: false,
    firstSeen: LATE,
  });
  if (result.outcome !== 'verified') return null;
  const value = result.format === 'ssh' ? readSshArmor(split.signature) : openPgpValue(split.signature);
  return [result.fingerprint, Buffer.from(split.payload).toString('hex'), Buffer.from(value).toString('hex')].join(' ');
}

function openPgpValue(armored: Uint8Array): Uint8Array {
  const { hashedPart, digestStart, material } = parseSignature(readArmor(armored));
  return Buffer.concat([hashedPart, digestStart, material]);
}

function trySplit(raw: Buffer): SignedPayload | null {
  try {
    const split = splitCommit(parseCommit(ID, raw, DEFAULT_BRANCH_LIMITS));
    return 'outcome' in split ? null : split;
  } catch (error) {
    if (error instanceof HeadlockError && error.code === 'malformed_commit') return null;
    throw error;
  }
}

/** Flips each bit of a signed commit by itself. @returns how many of the mutants still verify. */
function flipEveryBit(raw: Buffer, key: SigningKey): number {
  const keyring = createKeyring([createSignatory([key])]);
  const original = judge(raw, keyring);
  expect(original).not.toBeNull();
  let accepted = 0;
  for (let bit = 0; bit < raw.length * 8; bit += 1) {
    const mutant = Buffer.from(raw);
    mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const found = judge(mutant, keyring);
    if (found === null) continue;
    accepted += 1;
    expect(found, `bit ${bit}`).toBe(original);
  }
  return accepted;
}

describe('every single flipped bit of a signed commit', () => {
  let home: GpgHome;
  let pair: SshKeyPair;

  beforeAll(async () => {
    [home, pair] = await Promise.all([createGpgHome(), createSshKey()]);
  });
  afterAll(() => Promise.all([home.cleanup(), pair.cleanup()]));

  it.each([
    'rsa2048',
    'nistp256',
    'ed25519',
  ])('changes no signed byte and no signature value where it is accepted: %s', async (algo) => {
    const key = await createGpgKey({ home, algo, email: `${algo}@example.com` });
    const signature = await signWithGpg(home, key.fingerprint, BEFORE + AFTER);
    const [compiled] = (await compileGpgKey(key)).keys;
    if (compiled === undefined) throw new Error('no key was compiled');
    // In twelve characters, the key id that is not hashed; in five, the checksum. Not every flip leaves base64.
    const accepted = flipEveryBit(commitWith(signature), compiled);
    expect(accepted).toBeGreaterThan(20);
    expect(accepted).toBeLessThanOrEqual(17 * 8);
  });

  it.each([
    'sk-ed25519',
    'sk-p256',
  ] as const)('is refused where a FIDO device signed: it signs its flags and counter too: %s', (kind) => {
    const signer = createSshForgingKey(kind);
    const raw = commitWith(forgeSshSignature(signer, BEFORE + AFTER));
    expect(flipEveryBit(raw, parseSshPublicKey(signer.line))).toBe(0);
  });

  it('is refused where an SSH certificate came with the signature: its authority signed all of it', () => {
    const signer = createSshForgingKey();
    const publicKey = certify(pair, signer.line);
    const authority = { ...parseSshPublicKey(pair.publicKey), principals: ['alice@example.com'] };
    expect(flipEveryBit(commitWith(forgeSshSignature(signer, BEFORE + AFTER, { publicKey })), authority)).toBe(0);
  });

  it('is refused where the signature is SSH’s: nothing in it goes unsigned', async () => {
    const signature = await signWithSsh(pair, BEFORE + AFTER);
    expect(flipEveryBit(commitWith(signature), parseSshPublicKey(pair.publicKey))).toBe(0);
  });
});
