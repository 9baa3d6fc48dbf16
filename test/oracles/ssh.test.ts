import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAllowedSigners, parseAllowedSigners } from '../../shared/signatures/ssh/parse-allowed-signers.ts';
import { COMMITTED_AT, commitPayload, signedCommit } from '../support/commit-bytes.ts';
import { createSshForgingKey, type SshKind } from '../support/forge-ssh.ts';
import { createGitOracle, type GitOracle } from '../support/git-oracle.ts';
import { createSignatory } from '../support/signatories.ts';
import { createSshKey, type SshKeyPair, signWithSsh } from '../support/signing.ts';
import { armorVariants } from './armor-variants.ts';
import { headerVariants, payloadVariants, signableForms, type Variant } from './commit-variants.ts';
import {
  compare,
  type DifferenceTable,
  formatComparison,
  type MendedVariant,
  mend,
  type Scene,
  type Specimen,
} from './compare.ts';
import { craftedSsh } from './ssh-variants.ts';

const PAYLOAD = commitPayload();
const LATER = COMMITTED_AT + 3_600;
const REAL = [
  { type: 'ed25519' },
  { type: 'rsa', bits: 2048 },
  { type: 'rsa', bits: 3072 },
  { type: 'rsa', bits: 4096 },
  { type: 'ecdsa', bits: 256 },
  { type: 'ecdsa', bits: 384 },
  { type: 'ecdsa', bits: 521 },
] as const;
const FORGED = ['ed25519', 'rsa2048', 'p256', 'p384', 'p521', 'sk-ed25519', 'sk-p256'] as const satisfies SshKind[];

/** Where Headlock is stricter than ssh-keygen, and the trust rule that says so. */
const TABLE: DifferenceTable = {
  'armor: a second block after it → malformed_signature': '2.1: nothing after the block but white space',
  'armor: a second, empty block after it → malformed_signature': '2.1: nothing after the block but white space',
  'armor: spaces in the base64 → malformed_signature': '2.1: no foreign characters in the base64',
  'armor: text after it → malformed_signature': '2.1: nothing after the block but white space',
  'dsa: as ssh-keygen does → weak_algorithm': '2.5: weak keys',
  'ed25519: the second number plus the order → invalid': '2.3: Ed25519 as RFC 8032 verifies it',
  'ed25519: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
  'form: a CR in the author line → malformed_commit': '1.2: read strictly',
  'form: a NUL byte in the message → malformed_commit': '1.2: read strictly',
  'form: a committer date with a leading zero → malformed_commit': '1.2: read strictly',
  'form: a header without a value → malformed_commit': '1.2: read strictly',
  'form: a parent after the author → malformed_commit': '1.2: read strictly',
  'form: an author without an email → malformed_commit': '1.2: read strictly',
  'form: two author lines → malformed_commit': '1.2: read strictly',
  'form: two tree lines → malformed_commit': '1.2: read strictly',
  'header: an empty gpgsig last → malformed_commit': '1.3: one signature header',
  'header: before author → malformed_commit': '1.2: read strictly',
  'header: before committer → malformed_commit': '1.2: read strictly',
  'header: gpgsig-sha256 beside the signature → malformed_commit': '1.3: one signature header',
  'header: gpgsig-x beside the signature → malformed_commit': '1.3: one signature header',
  'header: gpgsigX behind the signature → malformed_commit': '1.3: one signature header',
  'header: the signature twice → malformed_commit': '1.3: one signature header',
  'p256: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
  'p384: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
  'p521: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
  'rsa1024: as ssh-keygen does → weak_algorithm': '2.5: weak keys',
  'rsa2048: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
  'sk-ed25519: FIDO flags 0x0 → not_authorized': '2.3: user presence',
  'sk-ed25519: FIDO flags 0x4 → not_authorized': '2.3: user presence',
  'sk-ed25519: FIDO flags 0x40 → not_authorized': '2.3: user presence',
  'sk-ed25519: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
  'sk-p256: FIDO flags 0x0 → not_authorized': '2.3: user presence',
  'sk-p256: FIDO flags 0x4 → not_authorized': '2.3: user presence',
  'sk-p256: FIDO flags 0x40 → not_authorized': '2.3: user presence',
  'sk-p256: version 0 → malformed_signature': '2.3: version 1 of PROTOCOL.sshsig',
};

/** What Headlock looks past by a trust rule, and ssh-keygen does not: git is asked about the same signature without it. */
const MENDED = {
  'armor: CR LF': '1.2: a CR at line ends inside the signature header',
  'armor: white space at line ends': '2.1: no data but white space around the armor',
  'armor: a space after the first line': '2.1: no data but white space around the armor',
};

describe('SSH signatures, by Headlock and by git with ssh-keygen', () => {
  const pairs: SshKeyPair[] = [];
  let dsa: SshKeyPair;
  let oracle: GitOracle;
  beforeAll(async () => {
    pairs.push(...(await Promise.all(REAL.map(createSshKey))));
    dsa = await createSshKey({ type: 'dsa' });
    oracle = await createGitOracle();
  }, 180_000);
  afterAll(() => Promise.all([oracle.remove(), ...[...pairs, dsa].map((pair) => pair.cleanup())]));

  it('differ only where a trust rule says so', async () => {
    const forged = FORGED.map((kind) => createSshForgingKey(kind));
    const stranger = createSshForgingKey();
    const scene = sceneOf([...pairs.map(({ publicKey }) => publicKey), ...forged.map(({ line }) => line)]);
    const specimens: Specimen[] = [];
    const add = (by: string, variants: readonly MendedVariant[], where = scene) =>
      specimens.push(...variants.map((variant) => ({ ...variant, by, scene: where })));
    for (const [index, pair] of pairs.entries()) add(JSON.stringify(REAL[index]), await realVariants(pair));
    for (const key of forged) add(key.kind, craftedSsh(key, stranger, PAYLOAD));
    const [first] = pairs;
    if (first !== undefined) add('ed25519', await forms(first));
    add(
      'a stranger',
      craftedSsh(stranger, stranger, PAYLOAD)
        .slice(0, 2)
        .map((each) => ({ ...each, what: 'by a stranger' })),
    );
    const weak = createSshForgingKey('rsa1024');
    const weakScene = {
      ...sceneOf([]),
      trust: { kind: 'ssh', allowedSigners: listing([weak.line, dsa.publicKey]) },
    } as const;
    add('rsa1024', craftedSsh(weak, stranger, PAYLOAD).slice(0, 1), weakScene);
    add(
      'dsa',
      [{ what: 'dsa: as ssh-keygen does', raw: signedCommit(PAYLOAD, await signWithSsh(dsa, PAYLOAD)) }],
      weakScene,
    );
    const comparison = await compare(oracle, specimens);
    console.log(formatComparison('SSH', comparison, TABLE));
    expect(comparison.laxer).toEqual([]);
    expect(new Set(comparison.mended.keys())).toEqual(new Set(Object.values(MENDED)));
    expect(comparison.otherKeys).toEqual([]);
    expect([...comparison.stricter.keys()].toSorted()).toEqual(Object.keys(TABLE).toSorted());
  }, 600_000);
});

function listing(lines: readonly string[]): string {
  return lines.map((line) => `alice@example.com ${line}\n`).join('');
}

/** Everybody of the list is Alice, for both. */
function sceneOf(lines: readonly string[]): Scene {
  const allowedSigners = listing(lines);
  const keys = compileAllowedSigners(parseAllowedSigners(Buffer.from(allowedSigners)), ['alice@example.com']);
  return { signatories: [createSignatory(keys)], trust: { kind: 'ssh', allowedSigners }, firstSeen: LATER };
}

async function realVariants(pair: SshKeyPair): Promise<readonly MendedVariant[]> {
  const armor = await signWithSsh(pair, PAYLOAD);
  const other = await signWithSsh(pair, commitPayload({ message: 'Another message\n' }));
  return [
    { what: 'as git writes it', raw: signedCommit(PAYLOAD, armor) },
    { what: 'hash sha256', raw: signedCommit(PAYLOAD, await signWithSsh(pair, PAYLOAD, { hash: 'sha256' })) },
    { what: 'namespace file', raw: signedCommit(PAYLOAD, await signWithSsh(pair, PAYLOAD, { namespace: 'file' })) },
    { what: 'payload: the signature of another commit', raw: signedCommit(PAYLOAD, other) },
    ...payloadVariants(PAYLOAD, armor),
    ...headerVariants(PAYLOAD, armor),
    ...mend(armorVariants(PAYLOAD, armor, 'SSH SIGNATURE'), signedCommit(PAYLOAD, armor), MENDED),
  ];
}

async function forms(pair: SshKeyPair): Promise<readonly Variant[]> {
  const made: Variant[] = [];
  for (const { what, payload, isOdd } of signableForms()) {
    made.push({ what, raw: signedCommit(payload, await signWithSsh(pair, payload)), ...(isOdd && { isOdd }) });
  }
  return made;
}
