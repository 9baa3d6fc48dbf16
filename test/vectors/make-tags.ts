import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ObjectFormat, Oid } from '../../shared/model/oid.ts';
import type { RecordedFile } from '../support/attack-vectors.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { createGpgHome, createGpgKey, createSshKey, exportPublicKey } from '../support/signing.ts';
import type { RecordedObject, TagVectorText } from '../support/tag-vectors.ts';
import { armorCms, createX509World } from '../support/x509-signing.ts';
import { KEYS_MADE, SIGNED } from './make/workshop.ts';

const DAY_MS = 86_400_000;
const PLAIN_LINES = /^(?:[\x20-\x7e]*\n)*$/;
const AGAIN = 'Signed by git; then the bytes were changed, and written as they are.';

/** Makes `tags.yaml` (trust rule 4.9), with throw-away keys: git and gpg or ssh-keygen sign, openssl for X.509. */
const cleanups: (() => Promise<void> | void)[] = [];
try {
  const home = await createGpgHome();
  cleanups.push(home.cleanup);
  // git runs gpg as it is: this is how it signs at a time of ours.
  await writeFile(join(home.path, 'gpg.conf'), `faked-system-time ${SIGNED}!\n`);
  const [alice, mallory] = [
    await createGpgKey({ home, at: KEYS_MADE }),
    await createGpgKey({ home, at: KEYS_MADE, name: 'Mallory', email: 'mallory@example.com' }),
  ];
  const bob = await createSshKey();
  cleanups.push(bob.cleanup);
  const x509 = createX509World();
  cleanups.push(() => x509.openssl.remove());
  const files: Record<string, RecordedFile> = {
    'alice.asc': (await exportPublicKey(alice)).toString(),
    'ca.pem': `-----BEGIN CERTIFICATE-----\n${x509.root.der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
  const ALICE = { name: 'Alice', openpgp: 'alice.asc' };
  const BOB = { name: 'Bob', ssh: bob.publicKey };
  const CAROL = {
    name: 'Carol',
    x509: { certificateAuthority: 'ca.pem', timestampAuthority: 'ca.pem', identity: 'alice@example.com' },
  };
  // A stamp proves when these were made: they are seen after that.
  const afterStamp = new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS).toISOString().replace('.000Z', 'Z');
  const vectors: TagVectorText[] = [];

  const makeFormat = async (format: ObjectFormat): Promise<void> => {
    const repository = await createGitRepository({
      format,
      env: { ...home.env, GIT_COMMITTER_DATE: `${SIGNED} +0000` },
    });
    cleanups.push(repository.remove);
    const suffix = format === 'sha1' ? '' : ', in SHA-256';
    const objects: Record<string, RecordedObject> = {};
    const take = async (name: string, kind: 'tag' | 'commit', oid: Oid) => {
      const raw = await repository.readObject(oid);
      const isPlain = PLAIN_LINES.test(raw.toString('latin1'));
      objects[name] = { kind, id: oid, ...(isPlain ? { text: raw.toString() } : { base64: raw.toString('base64') }) };
      return oid;
    };
    const add = async (name: string, kind: 'tag' | 'commit', text: string) =>
      take(name, kind, await repository.writeObject(kind, Buffer.from(text, 'latin1')));
    const textOf = async (name: string) => (await repository.readObject(String(objects[name]?.id))).toString('latin1');
    const signAs = async (which: 'alice' | 'mallory' | 'bob') => {
      const key = { alice: alice.fingerprint, mallory: mallory.fingerprint, bob: bob.path }[which];
      await repository.run('config', 'gpg.format', which === 'bob' ? 'ssh' : 'openpgp');
      await repository.run('config', 'user.signingKey', key);
    };
    const commitBy = async (name: string, by: 'alice' | 'bob' | null) => {
      if (by !== null) await signAs(by);
      const args = by === null ? [] : ['-S'];
      return take(name, 'commit', await repository.commit(name, { date: `${SIGNED} +0000`, args }));
    };
    const tagBy = async (
      name: string,
      by: 'alice' | 'mallory' | 'bob' | null,
      to: string,
      { as = 'v1', message = 'A release' } = {},
    ) => {
      if (by !== null) await signAs(by);
      await repository.run('tag', by === null ? '-a' : '-s', '-f', '-m', message, as, String(objects[to]?.id));
      return take(name, 'tag', await repository.head(`refs/tags/${as}`));
    };
    const record = (
      name: string,
      expect: string,
      used: readonly string[],
      more: Partial<TagVectorText> & { readonly names?: readonly (string | null)[] } = {},
    ) => {
      const {
        policy = { signatories: [ALICE] },
        names = [used.at(-1) ?? null],
        made = 'git tag -s, with gpg.',
        rule = '4.9',
        ...rest
      } = more;
      const own = Object.fromEntries(used.map((key) => [key, objects[key] as RecordedObject]));
      vectors.push({ name: name + suffix, rule, made, policy, objects: own, ...rest, names, expect });
    };

    await commitBy('A', 'alice');
    await commitBy('U', null);
    await commitBy('B', 'bob');
    await tagBy('V', 'alice', 'A');
    record('a tag that gpg signed', 'trusted at A', ['A', 'V'], { rule: ['4.9', '2.2'] });
    await tagBy('S', 'bob', 'B');
    record('a tag that ssh-keygen signed', 'trusted at B', ['B', 'S'], {
      ...{ policy: { signatories: [BOB] }, made: 'git tag -s, with ssh-keygen.', rule: ['4.9', '2.3'] },
    });
    const payload = (await textOf('V')).replace(/-----BEGIN[\s\S]*/, '');
    await add('X', 'tag', payload + armorCms(x509.sign(payload)));
    record('a tag with an X.509 signature and its time stamp', 'trusted at A', ['A', 'X'], {
      ...{ policy: { signatories: [ALICE, CAROL] }, made: '`openssl cms -sign`, and `openssl ts -reply` over it.' },
      ...{ rule: ['4.9', '2.4'], at: afterStamp },
    });
    await tagBy('N', null, 'A');
    record('an annotated tag without a signature', 'locked on N: unsigned', ['A', 'N'], { made: 'git tag -a.' });
    record('a lightweight tag', 'locked on A: unsigned', ['A'], { made: 'git tag.' });
    if (format === 'sha256') return;

    record('a lightweight tag whose commit is accepted', 'locked on A: unsigned', ['A'], {
      ...{ made: 'git tag.', policy: { verify: 'tag', signatories: [ALICE], accepted: ['A'] }, rule: ['4.9', '2.7'] },
    });
    await tagBy('M', 'mallory', 'A');
    record('a tag by a key that nobody listed', 'locked on M: unknown_key', ['A', 'M']);
    record('a tag that an operator accepts', 'trusted at A', ['A', 'M'], {
      ...{ policy: { signatories: [ALICE], accepted: ['M'] }, rule: ['4.9', '2.7'] },
    });
    await tagBy('C', 'alice', 'U');
    record('a signed tag over a commit that nobody signed', 'locked on U: unsigned', ['U', 'C']);
    record('the same where its own signature is enough', 'trusted at U', ['U', 'C'], {
      policy: { verify: 'tag', signatories: [ALICE] },
    });
    record('the same over a commit that is denied', 'locked on U: denied', ['U', 'C'], {
      ...{ policy: { verify: 'tag', signatories: [ALICE], denied: ['U'] }, rule: ['4.9', '2.7'] },
    });
    record('a tag under another name', 'locked on V: malformed_tag', ['A', 'V'], { tag: 'v2' });
    await tagBy('T', 'alice', 'V', { as: 'nested' });
    record('a tag of a tag', 'locked on T: malformed_tag', ['A', 'V', 'T'], { tag: 'nested' });

    const good = await textOf('V');
    const armor = good.slice(payload.length);
    const changed = async (name: string, key: string, expect: string, text: string) => {
      await add(key, 'tag', text);
      record(name, expect, ['A', key], { made: AGAIN });
    };
    await changed('text after the signature', 'E1', 'locked on E1: malformed_signature', `${good}More text.\n`);
    await changed('two signatures', 'E2', 'locked on E2: malformed_signature', good + armor);
    const malloryArmor = (await textOf('M')).replace(/[\s\S]*?(?=-----BEGIN)/, '');
    await changed(
      'another signature before it',
      'E3',
      'locked on E3: malformed_signature',
      payload + malloryArmor + armor,
    );
    const withHeader = good.replace(/\n\n/, '\ngpgsig-sha256 none\n\n');
    await changed('the signature of another format of the object', 'E4', 'locked on E4: malformed_tag', withHeader);
    await changed('no tagger', 'E5', 'locked on E5: malformed_tag', good.replace(/tagger .*\n/, ''));
    await changed('a tagger twice', 'E6', 'locked on E6: malformed_tag', good.replace(/(tagger .*\n)/, '$1$1'));
    await changed(
      'headers in another order',
      'E7',
      'locked on E7: malformed_tag',
      good.replace(/(type .*\n)(tag .*\n)/, '$2$1'),
    );
    await changed('a NUL byte', 'E8', 'locked on E8: malformed_tag', good.replace('A release', 'A\0release'));
    await changed(
      'another message under the signature',
      'E9',
      'locked on E9: invalid',
      good.replace('A release', 'B release'),
    );
    await changed(
      'a signature behind a lone carriage return',
      'E10',
      'locked on E10: unsigned',
      `${payload.slice(0, -1)}\r${armor}`,
    );
    const ofCommit = (await textOf('A'))
      .match(/gpgsig ([\s\S]*?-----END PGP SIGNATURE-----)/)?.[1]
      ?.replaceAll('\n ', '\n');
    await changed("a commit's signature", 'E11', 'locked on E11: invalid', `${payload}${ofCommit}\n`);

    await tagBy('W', 'alice', 'A', { message: 'Another release' });
    const moved = { rule: ['4.9'] };
    record('re-pointed at another signed object', 'trusted at A, locked on W: tag_moved', ['A', 'V', 'W'], {
      ...moved,
      names: ['V', 'W'],
    });
    record('re-pointed at its own commit', 'trusted at A, locked on A: tag_moved', ['A', 'V'], {
      ...moved,
      names: ['V', 'A'],
    });
    record('re-pointed, and back again', 'trusted at A', ['A', 'V', 'W'], { ...moved, names: ['V', 'W', 'V'] });
    record('deleted', 'trusted at A, locked on v1: tag_moved', ['A', 'V'], { ...moved, names: ['V', null] });
    record('deleted, and made again otherwise', 'trusted at A, locked on W: tag_moved', ['A', 'V', 'W'], {
      ...moved,
      names: ['V', null, 'W'],
    });
    record('signed after it was pushed unsigned', 'trusted at A', ['A', 'N', 'V'], { ...moved, names: ['N', 'V'] });
    record('deleted before it was proven', 'nothing', ['A', 'N'], { ...moved, names: ['N', null] });
  };
  await makeFormat('sha1');
  await makeFormat('sha256');

  const header =
    '# Tags (trust rule 4.9).\n# Made by `node test/vectors/make-tags.ts` with throw-away keys: change the maker, not this file.\n';
  const body = stringify({ files, vectors }, { lineWidth: 120, aliasDuplicateObjects: false });
  await writeFile(join(import.meta.dirname, 'tags.yaml'), header + body);
  console.log(`tags: ${vectors.length} vectors`);
} finally {
  for (const cleanup of cleanups.toReversed()) await cleanup();
}
