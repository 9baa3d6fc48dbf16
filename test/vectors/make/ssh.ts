import {
  createSshForgingKey,
  forgeSshSignature,
  type SshForgery,
  type SshForgingKey,
} from '../../support/forge-ssh.ts';
import { createSshKey, type SshKeyOptions, signWithSsh } from '../../support/signing.ts';
import { createKrl } from '../../support/ssh-keygen.ts';
import { type Area, type NewVector, SIGNED, type Signer, type Workshop } from './workshop.ts';

const MALFORMED = 'locked at T on A: malformed_signature';
const WEAK = 'locked at T on A: weak_algorithm';
const UNKNOWN = 'locked at T on A: unknown_key';
const TRUSTED = 'trusted A';
const FORGED = 'Fields put together by hand and signed with node:crypto.';

type More = Partial<NewVector>;

/** Trust rule 2.3: signatures of ssh-keygen, and what is almost one. */
export async function makeSsh(workshop: Workshop): Promise<Area> {
  const area = workshop.area();
  const sign = async (name: string, expect: string, ssh: unknown, signer: Signer, more: More = {}) => {
    const history = await area.history();
    await history.commit('A', {}, signer);
    const policy = { signatories: [{ name: 'Alice', emails: ['alice@example.com'], ssh }] };
    area.record(history, { policy, rule: '2.3', made: '`ssh-keygen -Y sign`.', name, expect, ...more });
  };

  const alice = await createSshKey();
  const kinds: readonly SshKeyOptions[] = [
    { type: 'rsa', bits: 2048 },
    { type: 'ecdsa', bits: 256 },
    { type: 'ecdsa', bits: 384 },
    { type: 'ecdsa', bits: 521 },
  ];
  const sshSign =
    (options: Parameters<typeof signWithSsh>[2] = {}): Signer =>
    (payload) =>
      signWithSsh(alice, payload, options);
  await sign('ed25519', TRUSTED, alice.publicKey, sshSign());
  await sign('ed25519 over SHA-256', TRUSTED, alice.publicKey, sshSign({ hash: 'sha256' }));
  for (const options of kinds) {
    const key = await createSshKey(options);
    await sign(`${options.type} ${options.bits}`, TRUSTED, key.publicKey, (payload) => signWithSsh(key, payload));
    await key.cleanup();
  }
  const namespace = { row: 'sshsig namespace file' };
  await sign('namespace file', MALFORMED, alice.publicKey, sshSign({ namespace: 'file' }), namespace);
  await sign('namespace email', MALFORMED, alice.publicKey, sshSign({ namespace: 'email' }), namespace);
  const bob = await createSshKey();
  await sign('a key that nobody lists', UNKNOWN, alice.publicKey, (payload) => signWithSsh(bob, payload));
  await sign(
    'over other bytes',
    'locked at T on A: invalid',
    alice.publicKey,
    (payload) => signWithSsh(alice, `${payload}\n`),
    {
      rule: ['2.3', '1.4'],
    },
  );
  const small = await createSshKey({ type: 'rsa', bits: 1024 });
  await sign('RSA with 1024 bits', WEAK, alice.publicKey, (payload) => signWithSsh(small, payload), {
    rule: ['2.3', '2.5'],
    row: 'RSA-1024',
  });
  const dsa = await createSshKey({ type: 'dsa' });
  await sign('DSA', WEAK, alice.publicKey, (payload) => signWithSsh(dsa, payload), {
    rule: ['2.3', '2.5'],
    row: 'DSA',
  });
  await makeForgeries(sign);
  await makeLists(area, sign, { alice: alice.publicKey, bob: bob.publicKey, signer: sshSign() });
  await Promise.all([alice, bob, small, dsa].map((each) => each.cleanup()));
  return area;
}

type Sign = (name: string, expect: string, ssh: unknown, signer: Signer, more?: More) => Promise<void>;

async function makeForgeries(sign: Sign): Promise<void> {
  const [ed25519, rsa, p256] = [createSshForgingKey(), createSshForgingKey('rsa2048'), createSshForgingKey('p256')];
  const forge = (name: string, expect: string, forgery: SshForgery, more: More = {}, key: SshForgingKey = ed25519) =>
    sign(name, expect, key.line, (payload) => forgeSshSignature(key, payload.toString('latin1'), forgery), {
      made: FORGED,
      ...more,
    });
  await forge('forged as it should be', TRUSTED, {});
  await forge('a reserved field', MALFORMED, { reserved: Buffer.from('x') }, { row: 'sshsig wrong reserved field' });
  await forge('an empty namespace', MALFORMED, { namespace: '' }, { row: 'sshsig namespace file' });
  await forge('a namespace that starts alike', MALFORMED, { namespace: 'git\0' }, { row: 'sshsig namespace file' });
  await forge('a digest of SHA-1', MALFORMED, { hash: 'sha1' });
  await forge('another version', MALFORMED, { version: 2 });
  await forge('another magic', MALFORMED, { magic: 'SSHSIH' });
  await forge('bytes after the inner signature', MALFORMED, { afterMaterial: Buffer.alloc(1) });
  await forge('bytes at the end', MALFORMED, { afterAll: Buffer.alloc(1) });
  const weak = { rule: ['2.3', '2.5'], row: 'ssh-rsa with SHA-1' };
  await forge('RSA with SHA-1', WEAK, { algorithm: 'ssh-rsa', digest: 'sha1' }, weak, rsa);
  await forge('RSA with SHA-256', TRUSTED, { algorithm: 'rsa-sha2-256', digest: 'sha256' }, {}, rsa);
  const differing = { row: 'key type differing from algorithm' };
  await forge('an Ed25519 key, and ECDSA as its algorithm', MALFORMED, { algorithm: 'ecdsa-sha2-nistp256' }, differing);
  await forge('an RSA key, and Ed25519 as its algorithm', MALFORMED, { algorithm: 'ssh-ed25519' }, differing, rsa);
  await forge(
    'a P-256 key, and P-384 as its algorithm',
    MALFORMED,
    { algorithm: 'ecdsa-sha2-nistp384' },
    differing,
    p256,
  );
  await forge(
    "another key's number under this key",
    'locked at T on A: invalid',
    {},
    {},
    { ...createSshForgingKey(), blob: ed25519.blob, line: ed25519.line },
  );
}

/** `allowed_signers` files and revocation lists. */
async function makeLists(
  area: Area,
  sign: Sign,
  { alice, bob, signer }: { readonly alice: string; readonly bob: string; readonly signer: Signer },
): Promise<void> {
  const list = async (file: string, name: string, expect: string, lines: readonly string[]) => {
    area.files[file] = `${lines.join('\n')}\n`;
    await sign(`allowed_signers: ${name}`, expect, { allowedSigners: file }, signer, { rule: ['2.3', '3.1'] });
  };
  await list('principals', 'a principal pattern', TRUSTED, [`*@example.com,!bob@example.com ${alice}`]);
  await list('negated', 'a principal that is excluded, and another key', UNKNOWN, [
    `*@example.com,!alice@example.com ${alice}`,
    `alice@example.com ${bob}`,
  ]);
  await list('namespaces', 'other namespaces, and another key', UNKNOWN, [
    `alice@example.com namespaces="file,email" ${alice}`,
    `alice@example.com ${bob}`,
  ]);
  await list('valid', 'within its window', TRUSTED, [
    `alice@example.com valid-after="20250101",valid-before="20300101" ${alice}`,
  ]);
  await list('valid-before', 'backdated under valid-before', 'locked at T on A: expired_key', [
    `alice@example.com valid-before="20250301" ${alice}`,
  ]);
  await list('valid-after', 'dated before valid-after', 'locked at T on A: not_yet_valid_key', [
    `alice@example.com valid-after="20250301" ${alice}`,
  ]);

  const revoked = async (file: string, name: string, expect: string, content: string | { base64: string }) => {
    area.files[file] = content;
    await sign(`revocation list: ${name}`, expect, { keys: [alice, bob], revocations: file }, signer, {
      rule: ['2.3', '3.3'],
    });
  };
  const REVOKED = 'locked at T on A: revoked_key';
  await revoked('revoked-plain', 'plain, with the key', REVOKED, `${alice}\n`);
  await revoked('revoked-other', 'plain, with another key', TRUSTED, `${bob}\n`);
  await revoked('revoked-krl', 'a KRL with the key', REVOKED, {
    base64: createKrl([`key: ${alice}`]).toString('base64'),
  });
  await revoked('revoked-krl-hash', 'a KRL with the SHA-256 of the key', REVOKED, {
    base64: createKrl([`sha256: ${alice}`]).toString('base64'),
  });
  await sign('dated after it was seen', 'locked at T on A: future_signature', alice, signer, {
    rule: '3.2',
    made: "`ssh-keygen -Y sign`; the committer's date stands in for the signature's.",
    at: new Date((SIGNED - 3600) * 1000).toISOString(),
  });
  await sign('backdated under validUntil', 'locked at T on A: expired_key', alice, signer, {
    rule: '3.1',
    row: 'backdated commit under validUntil',
    policy: { signatories: [{ name: 'Alice', ssh: alice, validUntil: '2025-03-01' }] },
  });
}
