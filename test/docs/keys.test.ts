import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readCodeBlocks } from '../support/documentation.ts';
import { createSshForgingKey } from '../support/forge-ssh.ts';
import { createKeysHome, type KeysHome } from '../support/keys-home.ts';
import { describeWithSharedData, sharedData } from '../support/shared-data.ts';
import { createX509World } from '../support/x509-signing.ts';

const blocks = await readCodeBlocks('keys.md');

/** What cannot run here. */
const NOT_RUN: ReadonlyMap<string, string> = new Map([
  ['Security keys (FIDO)', 'It needs a device that somebody touches.'],
  ['gitsign', 'It signs in at Sigstore, in a browser.'],
  ['smimesign, and authorities of your own', 'smimesign is not installed.'],
  ["A forge's own key", 'It asks GitHub; `shared/data` has the keys.'],
]);
const used = new Set<object>();

let home: KeysHome;
beforeEach(async () => {
  home = await createKeysHome();
});
afterEach(() => home.remove());

function textOf(heading: string, language: string, index: number): string {
  const block = blocks.filter((each) => each.heading === heading && each.language === language)[index];
  if (block === undefined) throw new Error(`The page has no such block under "${heading}".`);
  used.add(block);
  return block.text;
}

/** Runs the commands under a heading as they stand. */
const follow = (heading: string, index = 0, options: Parameters<KeysHome['run']>[1] = {}) =>
  home.run(textOf(heading, 'sh', index), options);

/** The policy's entries under a heading, with keys in place of its `AAAA…`, in order, and a day that has not come. */
function entriesOf(heading: string, keys: readonly string[] = [], until = '9999-12-31'): { signatories: object[] } {
  const left = [...keys];
  const text = textOf(heading, 'yaml', 0)
    .replace(/"[\w@.-]+ AAAA…[^"]*"/g, () => JSON.stringify(left.shift()))
    .replace(/validUntil: [\d-]+/, `validUntil: ${until}`);
  return { signatories: parse(text) };
}

const FORGE = entriesOf("A forge's own key");
const bobsKey = () => home.read('.ssh/headlock.pub');

describe('OpenPGP', () => {
  it('makes a key by which git signs', async () => {
    await follow('OpenPGP');
    expect(await home.commitAndJudge(entriesOf('OpenPGP'))).toBe('Alice');
  });

  it('renews a key that has expired (rule 2.2)', async () => {
    await home.configureGpg('faked-system-time 1704067200\n');
    await follow('OpenPGP');
    await home.run('git commit -q --allow-empty -m Old', { folder: home.repository });
    await home.configureGpg();
    expect(await home.judge(entriesOf('OpenPGP'))).toBe('expired_key');
    await follow('Renewing a key that expires');
    expect(await home.judge(entriesOf('OpenPGP'))).toBe('Alice');
  });

  it('ends with the day on which somebody leaves', async () => {
    await follow('OpenPGP');
    expect(await home.commitAndJudge(entriesOf('Leaving'))).toBe('Alice');
    expect(await home.judge(entriesOf('Leaving', [], '2020-01-01'))).toBe('expired_key');
  });

  it('is void where the key is lost, by the policy or by its owner (rule 3.3)', async () => {
    await follow('OpenPGP');
    const entries = entriesOf('OpenPGP');
    expect(await home.commitAndJudge(entries)).toBe('Alice');
    const list = textOf('Losing a key', 'yaml', 0);
    const fingerprint = await home.run("gpg --with-colons -k alice@example.com | awk -F: '/^fpr/ { print $10; exit }'");
    const named = parse(list.replace(/"[0-9A-F]{40}"/, JSON.stringify(fingerprint.trim())));
    expect(await home.judge({ ...entries, ...named })).toBe('revoked_key');
    expect(await home.judge({ ...entries, ...parse(list) })).toBe('Alice');
    await follow('Losing a key');
    expect(await home.judge(entries)).toBe('revoked_key');
  });
});

describe('SSH', () => {
  it('makes a key by which git signs', async () => {
    await follow('SSH');
    expect(await home.commitAndJudge(entriesOf('SSH', [await bobsKey()]))).toBe('Bob');
  });

  it('signs with a certificate of an authority (rule 2.3)', async () => {
    await follow('SSH');
    await home.run("ssh-keygen -q -t ed25519 -N '' -f authority");
    await follow('Certificates');
    const entries = entriesOf('Certificates', [await home.read('policy/authority.pub')]);
    expect(await home.commitAndJudge(entries)).toBe('Bob');
  });

  it('reads allowed_signers, and a revocation list', async () => {
    await follow('SSH');
    await follow('allowed_signers');
    expect(await home.commitAndJudge(entriesOf('allowed_signers'))).toBe('Bob');
    await follow('Revocation lists');
    expect(await home.judge(entriesOf('Revocation lists'))).toBe('revoked_key');
  });

  it('takes the old key and the new one while they are rotated', async () => {
    await follow('SSH');
    const old = await bobsKey();
    await home.run("ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/new");
    const entries = entriesOf('Rotating', [old, await home.read('.ssh/new.pub')]);
    expect(await home.commitAndJudge(entries)).toBe('Bob');
    await home.run('git config --global user.signingkey ~/.ssh/new.pub');
    expect(await home.commitAndJudge(entries)).toBe('Bob');
    expect(await home.judge(entriesOf('SSH', [old]))).toBe('unknown_key');
  });
});

describe('bots', () => {
  it('a release workflow signs by a key of its own', async () => {
    await follow('Release workflows');
    await follow('Release workflows', 1, { env: { RELEASE_KEY: await home.read('policy/release') } });
    const entries = entriesOf('Release workflows', [await home.read('policy/release.pub')]);
    expect(await home.commitAndJudge(entries)).toBe('Release workflow');
  });

  it("a signatory signs Dependabot's work", async () => {
    await follow('SSH');
    const proposed = `git checkout -q -b proposed && echo 2 > left-pad && git add left-pad
      git commit -q --no-gpg-sign -m Bump && git update-ref refs/remotes/origin/dependabot/npm/left-pad-2 HEAD
      git checkout -q main && git commit -q -S --allow-empty -m Meanwhile`;
    await home.run(proposed, { folder: home.repository });
    await follow('Dependabot', 0, { folder: home.repository });
    expect(await home.judge(entriesOf('SSH', [await bobsKey()]))).toBe('Bob');
  });

  describeWithSharedData("a forge's own key", () => {
    it('is read as the forge publishes it, and is nobody else', async () => {
      await copyFile(sharedData('keys', 'github-web-flow.asc'), join(home.policyFolder, 'keys', 'github-web-flow.asc'));
      await follow('SSH');
      expect(await home.commitAndJudge(FORGE)).toBe('unknown_key');
    });
  });
});

describe('entries of the policy whose signatures cannot be made here', () => {
  it('are read, and trust nobody else', async () => {
    const world = createX509World();
    for (const name of ['ca.pem', 'tsa.pem']) {
      await copyFile(world.root.certificateFile, join(home.policyFolder, 'keys', name));
    }
    world.openssl.remove();
    const fido = entriesOf('Security keys (FIDO)', [createSshForgingKey('sk-ed25519').line]);
    const [gitsign, smimesign] = [entriesOf('gitsign'), entriesOf('smimesign, and authorities of your own')];
    await follow('SSH');
    for (const entries of [fido, gitsign, smimesign]) expect(await home.commitAndJudge(entries)).toBe('unknown_key');
  });
});

it('runs all commands and reads all entries, but for those that are listed with the reason', () => {
  const left = blocks.filter((block) => !used.has(block));
  expect(left.map(({ heading, language }) => `${language} ${heading}`).toSorted()).toEqual(
    [...NOT_RUN.keys()].map((heading) => `sh ${heading}`).toSorted(),
  );
});
