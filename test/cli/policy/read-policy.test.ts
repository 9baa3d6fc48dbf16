import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicy } from '../../../cli/policy/read-policy.ts';
import { MAX_POLICY_BYTES, MAX_SSH_FILE_BYTES, MAX_TRANSPORT_FILE_BYTES } from '../../../shared/model/limits.ts';
import { PolicyError } from '../../../shared/model/policy-error.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import {
  createCertificateKey,
  directSignature,
  keyPacket,
  selfSignature,
  userIdPacket,
} from '../../support/forge-certificate.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';
import { AUTHORITY, createOpensslAuthority } from '../../support/openssl-authority.ts';
import { createGpgKey, createSshKey, exportPublicKey, type GpgKey, type SshKeyPair } from '../../support/signing.ts';

let folder: string;
let gpgKey: GpgKey;
let certifier: GpgKey;
let sshKey: SshKeyPair;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-policy-'));
  [gpgKey, sshKey] = await Promise.all([createGpgKey(), createSshKey()]);
  certifier = await createGpgKey({ home: gpgKey.home, usage: 'cert', name: 'Carol', email: 'carol@example.com' });
  await mkdir(join(folder, 'keys', 'deeper'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  const alice = await exportPublicKey(gpgKey);
  await writeFile(join(folder, 'alice.asc'), alice);
  await writeFile(join(folder, 'carol.asc'), await exportPublicKey(certifier));
  await writeFile(join(folder, 'garbage.asc'), 'not a key\n');
  await symlink('../alice.asc', join(folder, 'keys', 'linked.asc'));
  await symlink('../garbage.asc', join(folder, 'keys', 'garbage.asc'));
  await writeFile(join(folder, 'keys', '.hidden'), 'not looked at');
  await writeFile(join(folder, 'keys', 'deeper', 'carol.asc'), await exportPublicKey(certifier));
});

afterAll(async () => {
  await Promise.all([gpgKey.cleanup(), sshKey.cleanup()]);
  await rm(folder, { recursive: true, force: true });
});

async function writePolicy(signatories: readonly string[], change: (text: string) => string = (text) => text) {
  const path = join(folder, `headlock-${Math.random()}.yaml`);
  const text = `apiVersion: headlock/v1
verifier: https://headlock.example.com/test
repositories:
  - name: shop
    url: https://git.example.com/shop.git
    provider: github
    branches:
      - { name: main, anchor: ${'a'.repeat(40)} }
    signatories:
${signatories.map((line) => `      - ${line}\n`).join('')}`;
  await writeFile(path, change(text));
  return path;
}

async function problemsOf(path: string): Promise<readonly string[]> {
  try {
    await readPolicy(path);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    expect(error.problems.every((problem) => problem.file === path)).toBe(true);
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

describe('readPolicy', () => {
  it('compiles OpenPGP files, folders with their links, and SSH keys', async () => {
    const path = await writePolicy([
      '{ name: Alice, openpgp: alice.asc }',
      `{ name: Both, openpgp: keys, ssh: "${sshKey.publicKey}" }`,
      `{ name: Bob, ssh: ["${sshKey.publicKey}"], validUntil: 2027-06-30 }`,
    ]);
    const [shop, ...others] = await readPolicy(path);
    expect(others).toEqual([]);
    const fingerprint = gpgKey.fingerprint.toLowerCase();
    const ssh = { format: 'ssh', type: 'ssh-ed25519', fingerprint: expect.stringMatching(/^SHA256:/) };
    expect(shop?.signatories).toMatchObject([
      { name: 'Alice', keys: [{ format: 'openpgp', fingerprint }] },
      { name: 'Both', keys: [{ format: 'openpgp', fingerprint }, ssh] },
      { name: 'Bob', keys: [ssh], validFrom: null, validUntil: Date.UTC(2027, 6, 1) / 1000 },
    ]);
    expect(shop?.lineOf(['url'])).toBe(5);
  });

  it('warns of a file that cannot be read where another key is left, naming it as the policy does', async () => {
    const path = await writePolicy(['{ name: Alice, openpgp: keys }']);
    const [shop] = await readPolicy(path);
    expect(shop?.warnings).toEqual([expect.stringMatching(/^keys\/garbage\.asc: .*no OpenPGP key/)]);
  });

  it("judges the copies of a certificate in a repository's policy as one (trust rule 2.2)", async () => {
    const key = createCertificateKey();
    const user = 'Erin <erin@example.com>';
    const copy = (...before: readonly Buffer[]) =>
      Buffer.concat([keyPacket(key), ...before, userIdPacket(user), selfSignature(key, user, { after: 10 })]);
    await writeFile(join(folder, 'erin.gpg'), copy());
    await writeFile(join(folder, 'ended.gpg'), copy(directSignature(key, { lifetime: 20 })));
    const text = await readFile(
      await writePolicy(['{ name: Erin, openpgp: erin.gpg }', '{ name: Frank, openpgp: ended.gpg }']),
      'utf8',
    );
    const at = text.indexOf('  - name: shop');
    const path = join(folder, 'two.yaml');
    const other = text.slice(at, text.indexOf('      - { name: Frank')).replace('name: shop', 'name: other');
    await writeFile(path, text + other);
    const expiries = (await readPolicy(path)).map(({ signatories }) =>
      signatories.flatMap(({ keys }) => keys.map((one) => one.format === 'openpgp' && one.expires)),
    );
    const ended = key.record.created + 20;
    expect(expiries).toEqual([[ended, ended], [null]]);
  });

  it('refuses a signatory that nobody could ever sign as, and says why', async () => {
    const path = await writePolicy([
      '{ name: Nobody, openpgp: nowhere.asc }',
      '{ name: Garbage, openpgp: garbage.asc }',
      '{ name: Empty, openpgp: empty }',
      '{ name: Carol, openpgp: carol.asc }',
    ]);
    expect(await problemsOf(path)).toEqual([
      expect.stringMatching(
        /^10: The signatory Nobody has no key that can sign\. There is no file or folder nowhere\.asc/,
      ),
      expect.stringMatching(/^11: .*garbage\.asc: The file holds no OpenPGP key.*gpg --armor --export/),
      expect.stringMatching(/^12: .*empty holds no file/),
      expect.stringMatching(/^13: .*carol\.asc: No key of this certificate can sign/),
    ]);
  });

  it('refuses each SSH key that cannot be used, on its own line', async () => {
    const keys = [`"${sshKey.publicKey}"`, '"ssh-ed25519 AAAA"', '"ssh-dss AAAA"'];
    const path = await writePolicy([`name: Bob\n        ssh:\n${keys.map((key) => `          - ${key}`).join('\n')}`]);
    expect(await problemsOf(path)).toEqual([
      expect.stringMatching(/^13: The SSH public key cannot be read/),
      expect.stringMatching(/^14: .*DSA/),
    ]);
  });

  it('compiles what is asked of FIDO keys, and refuses others where it is', async () => {
    const { line } = createSshForgingKey('sk-ed25519');
    const [shop] = await readPolicy(
      await writePolicy([`{ name: Bob, ssh: { keys: "${line}", userVerification: true } }`]),
    );
    expect(shop?.signatories[0]?.keys).toMatchObject([{ type: 'sk-ssh-ed25519@openssh.com', userVerification: true }]);
    const path = await writePolicy([`{ name: Bob, ssh: { keys: ["${sshKey.publicKey}"], userVerification: true } }`]);
    expect(await problemsOf(path)).toEqual([expect.stringMatching(/^10: .*in no security key/)]);
  });

  it('compiles certificate authorities, and tells which cannot be used', async () => {
    const authority = `certificateAuthority: "${sshKey.publicKey}", principals: [bob, robert]`;
    const [shop] = await readPolicy(
      await writePolicy([`{ name: Bob, ssh: { ${authority}, userVerification: true } }`]),
    );
    expect(shop?.signatories[0]?.keys).toMatchObject([{ principals: ['bob', 'robert'], userVerification: true }]);
    const path = await writePolicy(['{ name: Bob, ssh: { certificateAuthority: "ssh-dss AAAA", principals: [bob] } }']);
    expect(await problemsOf(path)).toEqual([expect.stringMatching(/^10: .*DSA/)]);
  });

  it('compiles the lines of an allowed_signers file that count for a signatory', async () => {
    const other = createSshForgingKey().line;
    const authority = `*@example.com cert-authority,valid-before="20270101" ${other}`;
    await writeFile(join(folder, 'signers'), `bob@example.com,Carol ${sshKey.publicKey}\n# all\n${authority}\n`);
    const [shop] = await readPolicy(
      await writePolicy([
        '{ name: Bob, emails: [bob@example.com, b@example.com], ssh: { allowedSigners: signers } }',
        '{ name: Carol, ssh: { allowedSigners: signers } }',
      ]),
    );
    const principals = ['bob@example.com', 'b@example.com'];
    expect(shop?.signatories.map(({ keys }) => keys)).toMatchObject([
      [{ type: 'ssh-ed25519' }, { principals, validUntil: Date.UTC(2027, 0, 1) / 1000 + 1 }],
      [{ type: 'ssh-ed25519' }],
    ]);
  });

  it('refuses an allowed_signers file that cannot be read, by its line, or in which nobody is named', async () => {
    await writeFile(join(folder, 'bad-signers'), `# all\nbob ${sshKey.publicKey}\nbob ssh-ed25519 AAAA\n`);
    await writeFile(join(folder, 'no-signers'), `carol ${sshKey.publicKey}\n`);
    await writeFile(join(folder, 'large-signers'), '#'.repeat(MAX_SSH_FILE_BYTES + 1));
    const of = (path: string, index: number) => `{ name: bob${index}, ssh: { allowedSigners: ${path} } }`;
    const files = ['bad-signers', 'no-signers', 'nowhere', 'large-signers', 'empty'];
    const verified = `{ name: carol, ssh: { allowedSigners: no-signers, userVerification: true } }`;
    expect(await problemsOf(await writePolicy([...files.map(of), verified]))).toEqual([
      expect.stringMatching(/^10: bad-signers: Line 3 cannot be read: The SSH public key/),
      expect.stringMatching(/^11: No line of no-signers counts for bob1/),
      expect.stringMatching(/^12: nowhere cannot be read \(ENOENT\)/),
      expect.stringMatching(/^13: large-signers is larger/),
      expect.stringMatching(/^14: empty cannot be read \(EISDIR\)/),
      expect.stringMatching(/^15: The SSH key .* is in no security key/),
    ]);
  });

  it('compiles revocation lists, and refuses one that cannot be read', async () => {
    const { fingerprint } = parseSshPublicKey(sshKey.publicKey);
    await writeFile(join(folder, 'revoked'), `# lost\n${sshKey.publicKey}\n`);
    await writeFile(join(folder, 'bad-revoked'), `${sshKey.publicKey}\nbob\n`);
    const of = (path: string) => `{ name: Bob, ssh: { keys: "${sshKey.publicKey}", revocations: ${path} } }`;
    const [shop] = await readPolicy(await writePolicy([of('revoked')]));
    expect(shop?.signatories).toMatchObject([{ sshRevocations: { fingerprints: [fingerprint], certificates: [] } }]);
    expect(await problemsOf(await writePolicy([of('bad-revoked')]))).toEqual([
      expect.stringMatching(/^10: bad-revoked: Line 2 cannot be read/),
    ]);
    expect(await problemsOf(await writePolicy([of('nowhere')]))).toEqual([
      expect.stringMatching(/^10: nowhere cannot/),
    ]);
  });

  it('reads the files by which a forge is known, of authorities the certificates alone', async () => {
    const authority = createOpensslAuthority();
    const { certificateFile, keyFile } = authority.issue({ name: 'Forge', extensions: AUTHORITY });
    const pem = await readFile(certificateFile, 'utf8');
    const hosts = `# forge\ngit.example.com ${sshKey.publicKey}\n`;
    await writeFile(join(folder, 'ca.pem'), `${pem}${await readFile(keyFile, 'utf8')}`);
    await writeFile(join(folder, 'known_hosts'), hosts);
    authority.remove();
    const ssh = (text: string) =>
      text
        .replace('https://git.example.com', 'ssh://git.example.com')
        .replace(
          '    branches:',
          '    credentials: { sshKey: { secretRef: key }, knownHosts: known_hosts }\n    certificateAuthority: ca.pem\n    branches:',
        );
    const signatory = `{ name: Bob, ssh: "${sshKey.publicKey}" }`;
    const [shop] = await readPolicy(await writePolicy([signatory], ssh));
    expect(shop?.policy).toMatchObject({ credentials: { knownHosts: hosts }, certificateAuthority: pem });
    expect(JSON.stringify(shop?.policy)).not.toContain('PRIVATE KEY');

    const problemsWith = async (authorities: string, knownHosts: string) => {
      await writeFile(join(folder, 'ca.pem'), authorities);
      await writeFile(join(folder, 'known_hosts'), knownHosts);
      return problemsOf(await writePolicy([signatory], ssh));
    };
    expect(await problemsWith('nothing', '# nobody\n')).toEqual([
      expect.stringMatching(/^7: .*known_hosts file has no key of git\.example\.com.*ssh-keyscan/),
      expect.stringMatching(/^8: ca\.pem holds no certificate in PEM/),
    ]);
    const broken = pem.replace(/\n[A-Za-z0-9+/]{8}/, '\nAAAAAAAA');
    expect(await problemsWith(broken, 'a\0b')).toEqual([
      expect.stringMatching(/^7: known_hosts is no `known_hosts` file/),
      expect.stringMatching(/^8: ca\.pem holds a certificate that cannot be read/),
    ]);
    expect(await problemsWith(pem, `${hosts}git.example.com ssh-dss AAAA\n`)).toEqual([
      expect.stringMatching(/^7: Line 3 of the known_hosts file cannot be read/),
    ]);
    const many = pem.repeat(Math.ceil(MAX_TRANSPORT_FILE_BYTES / pem.length) + 1);
    expect(await problemsWith(many, 'a'.repeat(MAX_TRANSPORT_FILE_BYTES + 1))).toEqual([
      expect.stringMatching(/^7: known_hosts is larger than 65536 bytes/),
      expect.stringMatching(/^8: The certificates of ca\.pem have more than 65536 bytes/),
    ]);
    await rm(join(folder, 'ca.pem'));
    await rm(join(folder, 'known_hosts'));
    expect(await problemsOf(await writePolicy([signatory], ssh))).toEqual([
      expect.stringMatching(/^7: known_hosts cannot be read \(ENOENT\)/),
      expect.stringMatching(/^8: ca\.pem cannot be read \(ENOENT\)/),
    ]);
  });

  it('tells the problems of the file and of its keys in one run, in the order of their lines', async () => {
    const path = await writePolicy(
      ['{ name: Nobody, openpgp: nowhere.asc }', '{ name: Bob, ssh: "ssh-dss AAAA" }'],
      (text) => text.replace('provider: github', 'provider: githup').replace('a'.repeat(40), 'abc'),
    );
    expect(await problemsOf(path)).toEqual([
      expect.stringMatching(/^6: .*Write one of `github`/),
      expect.stringMatching(/^8: .*git rev-parse/),
      expect.stringMatching(/^10: The signatory Nobody/),
      expect.stringMatching(/^11: The SSH public key is a DSA key/),
    ]);
  });

  it('refuses a file that is no YAML, or too large to be read', async () => {
    const broken = await writePolicy([], (text) => text.replace('repositories:', 'repositories: ['));
    expect(await problemsOf(broken)).not.toEqual([]);
    const large = await writePolicy([], (text) => text + '#'.repeat(MAX_POLICY_BYTES));
    expect(await problemsOf(large)).toEqual([expect.stringContaining('1: The file is larger than')]);
  });

  it('says so where there is no file', async () => {
    await expect(readPolicy(join(folder, 'nowhere.yaml'))).rejects.toMatchObject({ code: 'missing_policy' });
  });
});
