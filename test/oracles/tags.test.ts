import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computeOid } from '../../shared/git/object-id.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { createKeyring } from '../../shared/signatures/keyring.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { judgeTag } from '../../shared/trust/judge-tag.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { dearmor, openPgpValue } from '../support/openpgp-packets.ts';
import { compileGpgKey, createSignatory } from '../support/signatories.ts';
import { createGpgKey, createSshKey, type GpgKey, type SshKeyPair } from '../support/signing.ts';
import { readTagVectors } from '../support/tag-vectors.ts';

let key: GpgKey;
let ssh: SshKeyPair;
let repository: GitRepository;
let commit: { readonly oid: Oid; readonly raw: Buffer };
let signatories: readonly Signatory[];

beforeAll(async () => {
  [key, ssh] = [await createGpgKey(), await createSshKey()];
  repository = await createGitRepository({ env: key.home.env });
  const signers = join(repository.root, 'signers');
  await writeFile(signers, `alice@example.com ${ssh.publicKey}\n`);
  await repository.run('config', 'gpg.ssh.allowedSignersFile', signers);
  const oid = await repository.commit('A commit');
  commit = { oid, raw: await repository.readObject(oid) };
  const { keys } = await compileGpgKey(key);
  signatories = [createSignatory([...keys, parseSshPublicKey(ssh.publicKey)])];
}, 60_000);
afterAll(async () => {
  await Promise.all([repository.remove(), key.cleanup(), ssh.cleanup()]);
});

async function tagBy(format: 'openpgp' | 'ssh', name: string): Promise<Buffer> {
  const signer = format === 'openpgp' ? key.fingerprint : ssh.path;
  const settings = ['-c', `gpg.format=${format}`, '-c', `user.signingKey=${signer}`];
  await repository.run(...settings, 'tag', '-s', '-f', '-m', 'A release\n\nWith notes.', name, commit.oid);
  return repository.readObject(`refs/tags/${name}`);
}

function judge(raw: Uint8Array, name = 'v1') {
  const { oid } = computeOid('tag', raw, 'sha1');
  const sent = {
    tags: new Map([[oid, raw]]),
    commits: new Map([[commit.oid, commit.raw]]),
    collisions: new Set<Oid>(),
  };
  const rule = { verify: 'tag', keyTime: 'first-seen' } as const;
  const { revision, verdicts } = judgeTag({ name, object: oid, rule }, sent, {
    ...{ keyring: createKeyring(signatories), signatories, firstSeen: new Map() },
    exceptions: createExceptions({ accepted: [], denied: [] }, new Map()),
    judgedAt: Math.floor(Date.now() / 1000) + 60,
  });
  return { isTrusted: revision !== null, revision: revision?.oid, verdict: verdicts[0] };
}

/** What a tag rests on, read by this test's own eyes. */
function readEvidence(raw: Buffer): { readonly payload: string; readonly value: string | undefined } {
  const text = raw.toString('latin1');
  const start = text.indexOf('\n-----BEGIN ') + 1;
  const armor = text.slice(start);
  const bytes = dearmor(Buffer.from(armor, 'latin1'));
  return {
    payload: text.slice(0, start),
    value: (armor.includes('PGP') ? openPgpValue(bytes) : bytes)?.toString('hex'),
  };
}

const isGoodForGit = (...oids: readonly string[]) =>
  repository.run('verify-tag', ...oids).then(
    () => true,
    () => false,
  );

describe.each([
  'openpgp',
  'ssh',
] as const)('every flipped bit of a tag that git signed by %s (trust rules 1.4, 4.9)', (format) => {
  it('is refused, or changes nothing that is signed and nothing that signs; and git accepts it too', async () => {
    const raw = await tagBy(format, 'v1');
    const original = readEvidence(raw);
    const good = judge(raw);
    expect(good).toMatchObject({ isTrusted: true, revision: commit.oid });
    const accepted: Buffer[] = [];
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const mutant = Buffer.from(raw);
      mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { isTrusted, verdict } = judge(mutant);
      if (!isTrusted || verdict?.outcome !== 'verified' || verdict.format === 'policy') continue;
      const { payload, value } = readEvidence(mutant);
      expect({ bit, payload, value }).toEqual({ bit, payload: original.payload, value: original.value });
      expect(verdict).toMatchObject({
        fingerprint: good.verdict && 'fingerprint' in good.verdict && good.verdict.fingerprint,
      });
      expect(verdict.payloadSha256).toBe(createHash('sha256').update(original.payload, 'latin1').digest('hex'));
      expect(verdict.commit).toBe(computeOid('tag', mutant, 'sha1').oid);
      accepted.push(mutant);
    }
    if (format === 'ssh') expect(accepted).toEqual([]);
    else expect(accepted.length).toBeGreaterThan(20);
    // A wrong checksum of the armor is looked past, as RFC 9580 says; gpg stumbles over it (trust rule 2.1). It may be left out.
    const mended = accepted.map((mutant) => mutant.toString('latin1').replace(/\n=[^\n]*\n/, '\n'));
    const oids = await Promise.all(mended.map((text) => repository.writeObject('tag', Buffer.from(text, 'latin1'))));
    expect(await isGoodForGit(await repository.writeObject('tag', raw), ...oids)).toBe(true);
    console.log(
      `Bits of a tag by ${format}: ${raw.length * 8}; accepted ${accepted.length}, by git too ${oids.length}`,
    );
  }, 120_000);
});

describe('what git refuses', () => {
  it.each(['openpgp', 'ssh'] as const)('is refused, in every form that was thought of, by %s', async (format) => {
    const raw = (await tagBy(format, 'v1')).toString('latin1');
    const [payload = '', body = ''] = raw.split(/(?=-----BEGIN)/);
    const other = (await tagBy(format === 'ssh' ? 'openpgp' : 'ssh', 'v2'))
      .toString('latin1')
      .split(/(?=-----BEGIN)/)[1];
    const forms = {
      'as it is': raw,
      'without its last line feed': raw.slice(0, -1),
      'an empty line after it': `${raw}\n`,
      'text after it': `${raw}text\n`,
      twice: raw + body,
      'another format after it': raw + other,
      'another format before it': payload + other + body,
      'another message': raw.replace('A release', 'B release'),
      'another tagger': raw.replace('tagger Alice', 'tagger Alicf'),
      'a header more': raw.replace('\n\n', '\nencoding UTF-8\n\n'),
      'a signature of another format of the object': raw.replace('\n\n', '\ngpgsig-sha256 none\n\n'),
      'behind a carriage return': `${payload.slice(0, -1)}\r${body}`,
      'behind a space': `${payload} ${body}`,
      'cut off': raw.slice(0, -30),
      'carriage returns in the armor': payload + body.replaceAll('\n', '\r\n'),
      'no message': raw.replace('A release\n\nWith notes.\n', ''),
    };
    const found: Record<string, string> = {};
    for (const [name, text] of Object.entries(forms)) {
      const bytes = Buffer.from(text, 'latin1');
      const git = await isGoodForGit(await repository.writeObject('tag', bytes));
      const { isTrusted } = judge(bytes);
      found[name] = `${git ? 'git' : '-'} ${isTrusted ? 'ours' : '-'}`;
    }
    // Trust rule 1.2: armor may have carriage returns at line ends; ssh-keygen reads none of these. They sign nothing.
    const laxer = Object.keys(found).filter((name) => found[name] === '- ours');
    expect(laxer).toEqual(format === 'ssh' ? ['carriage returns in the armor'] : []);
    expect(found).toMatchObject({ 'as it is': 'git ours', 'text after it': expect.stringMatching(/ -$/) });
    // Of what git accepts, these are refused: trust rules 1.3, 2.1 and 4.9 are stricter.
    console.log(
      format,
      Object.entries(found)
        .filter(([, who]) => who === 'git -')
        .map(([name]) => name),
    );
  }, 60_000);

  it('is in none of the vectors that are trusted for their own signature', async () => {
    const vectors = readTagVectors(join(import.meta.dirname, '../vectors/tags.yaml'));
    const trusted = vectors.filter(
      ({ expect: outcome, name }) => outcome.startsWith('trusted') && name.startsWith('a tag that gpg'),
    );
    expect(trusted).toHaveLength(2);
    for (const { files, objects, format } of trusted) {
      const store = await createGitRepository({ format, env: key.home.env });
      try {
        await key.home.gpg(['--import'], { input: String(files['alice.asc']) });
        const { raw } = objects.get('V') ?? { raw: Buffer.alloc(0) };
        const oid = await store.writeObject('tag', raw);
        await expect(store.run('verify-tag', oid)).resolves.toBe('');
      } finally {
        await store.remove();
      }
    }
  }, 60_000);
});
