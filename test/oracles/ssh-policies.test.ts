import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyTime } from '../../shared/model/signatory.ts';
import { compileAllowedSigners, parseAllowedSigners } from '../../shared/signatures/ssh/parse-allowed-signers.ts';
import { parseRevocationList } from '../../shared/signatures/ssh/parse-revocation-list.ts';
import { COMMITTED_AT, commitPayload, identityAt, signedCommit } from '../support/commit-bytes.ts';
import { createSshForgingKey, forgeSshSignature, type SshForgingKey, type SshKind } from '../support/forge-ssh.ts';
import { createGitOracle, type GitOracle } from '../support/git-oracle.ts';
import { createSignatory } from '../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../support/signing.ts';
import { type CertificateOptions, certify, reissue } from '../support/ssh-certificates.ts';
import { createKrl } from '../support/ssh-keygen.ts';
import { compare, type DifferenceTable, formatComparison, type Scene, type Specimen } from './compare.ts';

const DAY = 86_400;
const KINDS = ['ed25519', 'rsa2048', 'p256', 'p384', 'p521', 'sk-ed25519', 'sk-p256'] as const satisfies SshKind[];

/** Where Headlock is stricter than ssh-keygen, and the trust rule that says so. */
const TABLE: DifferenceTable = {
  'certificate: of an authority that nobody touched → not_authorized': '2.3: user presence',
  'certificate: with a critical option → not_authorized': '2.3: what an option forbids cannot be known',
  'certificate: with verify-required → not_authorized': '2.3: what an option forbids cannot be known',
  'certificate: of ten days → expired_key': '3.1: valid at first seen too',
  'certificate: of that hour → expired_key': '3.1: valid at first seen too',
  'list: valid-before="20260110Z" → expired_key': '3.1: valid at first seen too',
  'list: valid-after="20260105000000Z",valid-before="202601100000Z" → expired_key': '3.1: valid at first seen too',
  'dated after first seen → future_signature': '3.2',
  'dated after first seen → not_yet_valid_key': '3.1: valid at first seen too',
  'dated after first seen, keyTime: signature → future_signature': '3.2',
  'list: principals *,!alice@example.com → unknown_key': '2.3: the patterns must take the signatory’s name',
  'list: principals ?alice@example.com → unknown_key': '2.3: the patterns must take the signatory’s name',
  'list: principals ALICE@example.com → unknown_key': '2.3: the patterns must take the signatory’s name',
  'list: principals bob@example.com → unknown_key': '2.3: the patterns must take the signatory’s name',
};

describe('SSH certificates, allowed_signers and revocations, by Headlock and by git with ssh-keygen', () => {
  const authorities: SshKeyPair[] = [];
  let oracle: GitOracle;
  beforeAll(async () => {
    const kinds = [{ type: 'ed25519' }, { type: 'rsa', bits: 2048 }, { type: 'ecdsa', bits: 384 }] as const;
    authorities.push(...(await Promise.all(kinds.map(createSshKey))));
    oracle = await createGitOracle();
  }, 180_000);
  afterAll(() => Promise.all([oracle.remove(), ...authorities.map((pair) => pair.cleanup())]));

  it('differ only where a trust rule says so', async () => {
    const specimens = [
      ...certificateSpecimens(authorities),
      ...listSpecimens(authorities),
      ...revocationSpecimens(authorities),
    ];
    const comparison = await compare(oracle, specimens);
    console.log(formatComparison('SSH certificates, lists and revocations', comparison, TABLE));
    expect(comparison.laxer).toEqual([]);
    expect(comparison.otherKeys).toEqual([]);
    expect([...comparison.stricter.keys()].toSorted()).toEqual(Object.keys(TABLE).toSorted());
  }, 600_000);
});

interface Circumstances {
  readonly names?: readonly string[];
  readonly firstSeen?: number;
  readonly keyTime?: KeyTime;
  readonly revocations?: Uint8Array | string;
}

/** One file for both; Headlock's signatory has the names. */
function sceneOf(allowedSigners: string, circumstances: Circumstances = {}): Scene {
  const {
    names = ['alice@example.com'],
    firstSeen = COMMITTED_AT + 3_600,
    keyTime = 'first-seen',
    revocations,
  } = circumstances;
  const keys = compileAllowedSigners(parseAllowedSigners(Buffer.from(allowedSigners)), names);
  const lists = revocations === undefined ? {} : { sshRevocations: parseRevocationList(Buffer.from(revocations)) };
  const trust = { kind: 'ssh', allowedSigners, ...(revocations !== undefined && { revocations }) } as const;
  return { signatories: [createSignatory(keys, lists)], trust, firstSeen, keyTime };
}

function commitBy(key: SshForgingKey, committedAt = COMMITTED_AT, publicKey = key.blob): Buffer {
  const payload = commitPayload({ committer: identityAt(committedAt) });
  return signedCommit(payload, forgeSshSignature(key, payload.toString(), { publicKey }));
}

function first<T>([value]: readonly T[]): T {
  if (value === undefined) throw new Error('There is none.');
  return value;
}

function certificateSpecimens(authorities: readonly SshKeyPair[]): Specimen[] {
  const specimens: Specimen[] = [];
  for (const authority of authorities) {
    const scene = sceneOf(`alice@example.com cert-authority ${authority.publicKey}`);
    for (const kind of KINDS) {
      const key = createSshForgingKey(kind);
      const raw = commitBy(key, COMMITTED_AT, certify(authority, key.line));
      specimens.push({ what: 'certificate: good', by: kind, raw, scene });
    }
  }
  const authority = first(authorities);
  const key = createSshForgingKey();
  const forger = createSshForgingKey();
  const fido = createSshForgingKey('sk-ed25519');
  const listed = `alice@example.com cert-authority ${authority.publicKey}`;
  const options: Readonly<Record<string, CertificateOptions>> = {
    'for Bob': { principals: 'bob@example.com' },
    'for Bob and Alice': { principals: 'bob@example.com,alice@example.com' },
    'for Alice in upper case': { principals: 'ALICE@example.com' },
    'for a pattern': { principals: '*' },
    'for nobody': { principals: '' },
    'of a host': { args: ['-h'] },
    'with a critical option': { args: ['-O', 'force-command=true'] },
    'with verify-required': { args: ['-O', 'verify-required'] },
    'with an extension': { args: ['-O', 'extension:x@example.com=y'] },
    'with serial 0': { serial: 0 },
    'that ended before': { validity: '20250101000000:20251231000000' },
    'that starts later': { validity: '20260201000000:20270101000000' },
    'for ever': { validity: 'always:forever' },
    'of that hour': { validity: '20251231233000:20260101003000' },
  };
  const scene = sceneOf(listed);
  for (const [what, each] of Object.entries(options)) {
    specimens.push({
      what: `certificate: ${what}`,
      by: 'ed25519',
      raw: commitBy(key, COMMITTED_AT, certify(authority, key.line, each)),
      scene,
    });
  }
  const good = certify(authority, key.line);
  const add = (what: string, lines: string, publicKey = good) =>
    specimens.push({
      what: `certificate: ${what}`,
      by: 'ed25519',
      raw: commitBy(key, COMMITTED_AT, publicKey),
      scene: sceneOf(lines),
    });
  add('of an authority that is listed as a key', `alice@example.com ${authority.publicKey}`);
  add('of a key that is listed itself', `alice@example.com ${key.line}`);
  add('of another authority', `alice@example.com cert-authority ${authorities[1]?.publicKey}`);
  add('of nobody', '');
  add('of an authority for others', `bob@example.com cert-authority ${authority.publicKey}`);
  add('of an authority for a pattern', `*@example.com cert-authority ${authority.publicKey}`);
  add('of an authority for files', `alice@example.com cert-authority,namespaces="file" ${authority.publicKey}`);
  add('of an authority that ended', `alice@example.com cert-authority,valid-before="20250101Z" ${authority.publicKey}`);
  add('signed anew by another', listed, reissue(good, forger));
  add('signed anew by an authority', `alice@example.com cert-authority ${forger.line}`, reissue(good, forger));
  add(
    'signed by a certificate',
    `alice@example.com cert-authority ${forger.line}`,
    reissue(good, forger, { authorityBlob: certify(authority, forger.line) }),
  );
  add('of an authority in a security key', `alice@example.com cert-authority ${fido.line}`, reissue(good, fido));
  add(
    'of an authority that nobody touched',
    `alice@example.com cert-authority ${fido.line}`,
    reissue(good, fido, { forgery: { flags: 0 } }),
  );
  add(
    'changed',
    listed,
    Buffer.from(good.map((byte, index) => (index === good.indexOf('alice@example.com') ? byte ^ 1 : byte))),
  );
  add('cut', listed, good.subarray(0, -1));
  add('of the authority itself', listed, Buffer.from(authority.publicKey.split(' ')[1] ?? '', 'base64'));
  for (const committedOn of [-10, -1, 0, 5, 9, 10, 30]) {
    const validity = '20260101000000:20260111000000';
    const raw = commitBy(key, COMMITTED_AT + Math.round(committedOn * DAY), certify(authority, key.line, { validity }));
    for (const seenOn of [0.01, 9.5, 10, 40]) {
      const what = committedOn > seenOn ? 'dated after first seen' : 'certificate: of ten days';
      const seen = { firstSeen: COMMITTED_AT + Math.round(seenOn * DAY) };
      const by = `committed on day ${committedOn}, seen on day ${seenOn}`;
      specimens.push({ what, by, raw, scene: sceneOf(listed, seen) });
      specimens.push({
        what: `${what}, keyTime: signature`,
        by,
        raw,
        scene: sceneOf(listed, { ...seen, keyTime: 'signature' }),
      });
    }
  }
  return specimens;
}

function listSpecimens(authorities: readonly SshKeyPair[]): Specimen[] {
  const key = createSshForgingKey();
  const other = createSshForgingKey('p256');
  const specimens: Specimen[] = [];
  const patterns = [
    'alice@example.com',
    'bob@example.com',
    'bob@example.com,alice@example.com',
    '*',
    '*@example.com',
    '?lice@example.com',
    '?alice@example.com',
    '*,!alice@example.com',
    '!bob@example.com,*@example.com',
    '!bob@example.com',
    'ALICE@example.com',
    '"alice@example.com"',
    '"bob smith,alice@example.com"',
  ];
  for (const pattern of patterns) {
    specimens.push({
      what: `list: principals ${pattern}`,
      by: 'ed25519',
      raw: commitBy(key),
      scene: sceneOf(`${pattern} ${key.line}`),
    });
  }
  const plain = `alice@example.com ${key.line}`;
  const files: Readonly<Record<string, string>> = {
    'comments and blank lines': `# comment\n\n \t\n${plain}\n`,
    'CR LF': `${plain}\r\nbob ${other.line}\r\n`,
    tabs: plain.replaceAll(' ', '\t'),
    'another key first': `alice@example.com ${other.line}\n${plain}`,
    'another key alone': `alice@example.com ${other.line}`,
    nothing: '',
    'an authority of the same key': `alice@example.com cert-authority ${key.line}`,
    'for others, then for Alice': `bob@example.com ${key.line}\n${plain}`,
    'ended, then for ever': `alice@example.com valid-before="20200101Z" ${key.line}\n${plain}`,
    'for ever, then ended': `${plain}\nalice@example.com valid-before="20200101Z" ${key.line}`,
    'for files, then for all': `alice@example.com namespaces="file" ${key.line}\n${plain}`,
    'an authority, then a key': `alice@example.com cert-authority ${first(authorities).publicKey}\n${plain}`,
  };
  for (const [what, file] of Object.entries(files)) {
    specimens.push({ what: `list: ${what}`, by: 'ed25519', raw: commitBy(key), scene: sceneOf(file) });
  }
  for (const options of [
    'namespaces="git"',
    'NameSpaces="git"',
    'namespaces="file,git"',
    'namespaces="g*"',
    'namespaces="file"',
    'namespaces="*,!git"',
    'namespaces="git",valid-after="20200101Z"',
  ]) {
    specimens.push({
      what: `list: ${options}`,
      by: 'ed25519',
      raw: commitBy(key),
      scene: sceneOf(`* ${options} ${key.line}`),
    });
  }
  const windows = [
    'valid-after="20260105Z"',
    'valid-before="20260110Z"',
    'valid-after="20260105000000Z",valid-before="202601100000Z"',
  ];
  for (const window of windows) {
    for (const committedOn of [0, 3.99, 4, 8.99, 9, 9.001, 20]) {
      const raw = commitBy(key, COMMITTED_AT + Math.round(committedOn * DAY));
      for (const seenOn of [0.01, 4.5, 9.5, 40]) {
        const what = committedOn > seenOn ? 'dated after first seen' : `list: ${window}`;
        const by = `committed on day ${committedOn}, seen on day ${seenOn}`;
        specimens.push({
          what,
          by,
          raw,
          scene: sceneOf(`* ${window} ${key.line}`, { firstSeen: COMMITTED_AT + Math.round(seenOn * DAY) }),
        });
      }
    }
  }
  return specimens;
}

function revocationSpecimens(authorities: readonly SshKeyPair[]): Specimen[] {
  const authority = first(authorities);
  const key = createSshForgingKey();
  const other = createSshForgingKey('p256');
  const plain = commitBy(key);
  const certified = commitBy(key, COMMITTED_AT, certify(authority, key.line, { serial: 5, keyId: 'alice' }));
  const lists: Readonly<Record<string, Uint8Array | string>> = {
    nothing: '# nobody\n',
    'the key': `${key.line}\n`,
    'another key': `${other.line}\n`,
    'the authority': `${authority.publicKey}\n`,
    'a KRL with the key': createKrl([`key: ${key.line}`]),
    'a KRL with its SHA-1': createKrl([`sha1: ${key.line}`]),
    'a KRL with its SHA-256': createKrl([`sha256: ${key.line}`]),
    'a KRL with another key': createKrl([`key: ${other.line}`]),
    'a KRL with the authority': createKrl([`key: ${authority.publicKey}`]),
    'a KRL with the serial': createKrl(['serial: 5'], authority.publicKey),
    'a KRL with a range of serials': createKrl(['serial: 3-9'], authority.publicKey),
    'a KRL with other serials': createKrl(['serial: 6', 'serial: 8-20'], authority.publicKey),
    'a KRL with the serial of another authority': createKrl(['serial: 5'], authorities[1]?.publicKey),
    'a KRL with the key id': createKrl(['id: alice'], authority.publicKey),
    'a KRL with another key id': createKrl(['id: bob'], authority.publicKey),
    'an empty KRL': createKrl([]),
  };
  const file = `alice@example.com ${key.line}\nalice@example.com cert-authority ${authority.publicKey}\n`;
  return Object.entries(lists).flatMap(([what, revocations]) => {
    const scene = sceneOf(file, { revocations });
    return [
      { what: `revoked: ${what}`, by: 'a key', raw: plain, scene },
      { what: `revoked: ${what}`, by: 'a certificate', raw: certified, scene },
    ];
  });
}
