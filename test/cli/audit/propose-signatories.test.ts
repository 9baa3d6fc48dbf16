import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createNamer } from '../../../cli/audit/create-namer.ts';
import type { FoundCertificate, FoundKeys, FoundSshKey, KeyPlace } from '../../../cli/audit/found-key.ts';
import { proposeSignatories } from '../../../cli/audit/propose-signatories.ts';
import { nameKeyPaths, renderSignatories, slugOf, yamlText } from '../../../cli/audit/render-policy.ts';
import type { Signer } from '../../../cli/audit/signer.ts';
import type { SignerUse } from '../../../cli/audit/signers.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createForgingKey } from '../../support/forge-openpgp.ts';
import { createSshForgingKey } from '../../support/forge-ssh.ts';

const FILE: KeyPlace = { kind: 'file', location: 'keys/all.asc', user: null, own: null };
const FORGE: KeyPlace = { kind: 'forge', location: 'https://github.com/alice.gpg', user: 'alice', own: null };

function usedBy(signer: Partial<Signer>, name: string, email: string, commits = 1): SignerUse {
  const nobody: Signer = { format: 'ssh', id: null, algorithm: null, sshKey: null, identity: null };
  return { signer: { ...nobody, ...signer }, commits, committers: [{ person: { name, email }, commits }], forge: null };
}

function certificate(place: KeyPlace, name = 'Alice', email = 'alice@example.com'): FoundCertificate {
  const { record } = createForgingKey();
  const { fingerprint: primaryFingerprint } = record;
  return {
    format: 'openpgp',
    place,
    primaryFingerprint,
    keys: [record],
    name,
    email,
    bytes: Buffer.of(),
    companions: 2,
  };
}

const found = (certificates: readonly FoundCertificate[], sshKeys: readonly FoundSshKey[] = []): FoundKeys => ({
  ...{ certificates, sshKeys, problems: [] },
});
const byKey = ({ keys: [key] }: FoundCertificate) => ({ format: 'openpgp', id: key?.fingerprint ?? null }) as const;

function sshSigner(): { readonly signer: Partial<Signer>; readonly line: string } {
  const line = createSshForgingKey().line.replace(' alice@example.com', '');
  return { signer: { format: 'ssh', id: parseSshPublicKey(line).fingerprint, sshKey: line }, line };
}

describe('proposed signatories', () => {
  it('take a file before the forge, and the forge before what signatures carry', () => {
    const ours = certificate(FILE);
    const theirs = { ...ours, place: FORGE };
    const { signer, line } = sshSigner();
    const served: FoundSshKey = { format: 'ssh', place: FORGE, key: parseSshPublicKey(line), owner: '' };
    const uses = [usedBy(byKey(ours), 'A', 'a@example.com'), usedBy(signer, 'A', 'a@example.com')];
    const sources = proposeSignatories(uses, found([theirs, ours], [served]), new Map()).map(({ source }) => source);
    expect(sources).toEqual(['file', 'forge']);
    expect(proposeSignatories(uses, found([]), new Map()).map(({ source }) => source)).toEqual(['signatures']);
  });

  // Whoever signs may claim another's address: a key that nobody handed over is not put beside one that somebody did.
  it('never put a key that signatures carry to one who is known', () => {
    const alice = certificate(FILE);
    const { signer } = sshSigner();
    const uses = [usedBy(byKey(alice), 'Alice', 'alice@example.com', 2), usedBy(signer, 'Alice', 'alice@example.com')];
    const proposed = proposeSignatories(uses, found([alice]), new Map());
    expect(proposed.map(({ name, source, compiled }) => [name, source, compiled.keys.length])).toEqual([
      ['Alice', 'file', 1],
      ['Alice (2)', 'signatures', 1],
    ]);
  });

  // Whose two keys are is said by nobody but commits, or by the forge: each is confirmed, and chosen, by itself.
  it('are one for each key', () => {
    const [one, other] = [certificate(FORGE), certificate(FORGE)];
    const uses = [usedBy(byKey(one), 'A', 'a@example.com'), usedBy(byKey(other), 'A', 'a@example.com')];
    const proposed = proposeSignatories(uses, found([one, other]), new Map());
    expect(proposed.map(({ name, certificates }) => [name, certificates])).toEqual([
      ['Alice', [one]],
      ['Alice (2)', [other]],
    ]);
    expect([...nameKeyPaths(proposed, 'beside').values()]).toEqual(['keys/alice.asc', 'keys/alice-2.asc']);
  });

  it('list all copies of a certificate as one, those of files first, and not another with the same key in it', () => {
    const ours = certificate(FILE);
    const theirs = { ...ours, place: FORGE };
    const foreign = { ...ours, primaryFingerprint: 'f'.repeat(40), place: FORGE };
    const id = byKey(ours);
    const uses = [
      usedBy(id, 'A', 'a@example.com'),
      usedBy({ ...id, id: ours.keys[0]?.keyId ?? '' }, 'A', 'a@example.com'),
    ];
    const [alice, ...others] = proposeSignatories(uses, found([foreign, theirs, ours]), new Map());
    expect(others).toEqual([]);
    expect(alice).toMatchObject({ source: 'file', certificates: [ours, theirs], commits: 2 });
  });

  // Trust rule 3.5: whatever says that it is a forge's own key is not proposed as a person's.
  it.each([
    [
      'what the forge serves as its own',
      { ...certificate({ ...FORGE, user: null, own: 'gitlab' as const }) },
      'gitlab',
    ],
    ['what names the address that GitHub commits by', certificate(FILE, 'Mallory', 'noreply@github.com'), 'github'],
  ])('take %s for a forge', (_, one, forge) => {
    const [proposed] = proposeSignatories([usedBy(byKey(one), 'A', 'a@example.com')], found([one]), new Map());
    expect(proposed).toMatchObject({ forge, emails: [] });
  });

  it('leave out what is too weak to be listed', () => {
    const { line } = createSshForgingKey('rsa1024');
    const uses = [usedBy({ format: 'ssh', id: 'SHA256:x', sshKey: line }, 'A', 'a@example.com')];
    expect(proposeSignatories(uses, found([]), new Map())).toEqual([]);
  });

  // What committers and certificates say must not get out of its place in the file.
  it.each([
    ['Alice\n  - name: Mallory', 'alice@example.com'],
    ['"Alice", # \' {} [] & * ! | > % @ `', 'alice@example.com'],
    ['true', 'alice@example.com'],
    ['- Alice: x', 'a"\n@example.com'],
    ['', ''],
  ])('are written so that YAML reads nothing but their names: %j', (name, email) => {
    const { signer } = sshSigner();
    const one = certificate(FORGE, name.replaceAll('\n', '\ufffd'), email);
    const uses = [usedBy(byKey(one), name, email), usedBy(signer, name.replaceAll('\n', '\ufffd'), email)];
    const proposed = proposeSignatories(uses, found([one]), new Map());
    const context = {
      paths: nameKeyPaths(proposed, 'beside'),
      forges: [],
      commits: 2,
      keyTime: 'ignore',
      now: 0,
    } as const;
    const text = renderSignatories(proposed, context).join('\n');
    const { signatories } = parse(text);
    expect(signatories.map((entry: { readonly name: string }) => entry.name)).toEqual(
      proposed.map((entry) => entry.name),
    );
    const fields = signatories.map((entry: object) => Object.keys(entry).filter((key) => key !== 'emails'));
    expect(fields.toSorted()).toEqual([
      ['name', 'openpgp'],
      ['name', 'ssh'],
    ]);
  });

  it('warn of a file whose other certificates would count as well', () => {
    const one = certificate(FILE);
    const proposed = proposeSignatories([usedBy(byKey(one), 'A', 'a@example.com')], found([one]), new Map());
    const context = {
      paths: nameKeyPaths(proposed, 'as found'),
      forges: [],
      commits: 1,
      keyTime: 'ignore',
      now: 0,
    } as const;
    expect(renderSignatories(proposed, context).join('\n')).toContain('# The file holds 2 certificates');
  });
});

it.each([
  'plain',
  'Alice B. Carol',
  'https://a.example/x',
  'null',
  '1',
  '',
  ' x',
  'a: b',
  'a #b',
  '*x',
  '\u2028',
  'file:///x',
])('writes %j as a scalar of YAML', (text) => {
  expect(parse(`value: ${yamlText(text)} # note`)).toEqual({ value: text });
});

it('names a hundred thousand keys of one name apart', () => {
  const name = createNamer();
  const names = Array.from({ length: 100_000 }, () => name('Alice'));
  expect(new Set(names).size).toBe(names.length);
  expect([names[1], name('Alice (2)'), name('Bob')]).toEqual(['Alice (2)', 'Alice (2) (2)', 'Bob']);
});

it.each([
  ['Alice Doe', 'alice-doe'],
  ['Žofie', 'zofie'],
  ['../../etc', 'etc'],
  ['王', 'key'],
])('names a file for %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});
