import { describe, expect, it } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import type { SentTags } from '../../../shared/git/tag-source.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import type { Signatory } from '../../../shared/model/signatory.ts';
import { createKeyring } from '../../../shared/signatures/keyring.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { judgeTag, type ListedTag } from '../../../shared/trust/judge-tag.ts';
import { createExceptions } from '../../../shared/trust/policy-exceptions.ts';
import { COMMITTED_AT, commitPayload, identityAt, signedCommit } from '../../support/commit-bytes.ts';
import { createSshForgingKey, forgeSshSignature, type SshForgingKey } from '../../support/forge-ssh.ts';
import { createSignatory } from '../../support/signatories.ts';
import { sendTags, type TagParts, tagOidOf, tagPayload } from '../../support/tag-bytes.ts';

const [alice, bob, mallory] = [createSshForgingKey(), createSshForgingKey(), createSshForgingKey()];
const of = (name: string, key: SshForgingKey, changes: Partial<Signatory> = {}) =>
  createSignatory([parseSshPublicKey(key.line)], { name, ...changes });
const SIGNATORIES = [of('Alice', alice), of('Forge', bob, { limit: 'merges' })];

const sign = (payload: Buffer, key: SshForgingKey) => forgeSshSignature(key, payload.toString());
const commitBy = (key: SshForgingKey | null, parts = {}) => {
  const payload = commitPayload(parts);
  return key === null ? payload : signedCommit(payload, sign(payload, key));
};
const tagBy = (key: SshForgingKey | null, parts: TagParts) => {
  const payload = tagPayload(parts);
  return key === null ? payload : Buffer.concat([payload, sign(payload, key)]);
};

interface Judging {
  readonly name?: string;
  readonly verify?: 'tag' | 'tag-and-commit';
  readonly signatories?: readonly Signatory[];
  readonly accepted?: readonly Oid[];
  readonly denied?: readonly ({ commit: Oid } | { payloadSha256: string })[];
  readonly firstSeen?: number;
}

function judge(object: Oid, sent: SentTags, options: Judging = {}) {
  const { name = 'v1', verify = 'tag-and-commit', signatories = SIGNATORIES, firstSeen = COMMITTED_AT } = options;
  const listed: ListedTag = { name, object, rule: { verify, keyTime: 'first-seen' } };
  const accepted = (options.accepted ?? []).map((commit) => ({ commit, reason: 'Checked' }));
  const denied = (options.denied ?? []).map((entry) => ({ ...entry, reason: 'Withdrawn' }));
  return judgeTag(listed, sent, {
    ...{ keyring: createKeyring(signatories), signatories, judgedAt: COMMITTED_AT },
    exceptions: createExceptions({ accepted, denied }, new Map()),
    firstSeen: new Map([[object, firstSeen]]),
  });
}

/** A tag over a commit, signed by whom. */
function judgeSigned(
  byTag: SshForgingKey | null,
  byCommit: SshForgingKey | null,
  options: Judging & Partial<TagParts> = {},
) {
  const commit = commitBy(byCommit);
  const oid = computeOid('commit', commit, 'sha1').oid;
  const raw = tagBy(byTag, { ...options, object: oid });
  const found = judge(tagOidOf(raw, oid), sendTags('sha1', [raw], [commit]), options);
  return { found, oid, tag: tagOidOf(raw, oid), reason: found.offence?.reason ?? 'trusted' };
}

describe('a signed tag (trust rule 4.9)', () => {
  it('proves its commit, and says by whose keys', () => {
    const { found, oid } = judgeSigned(alice, alice);
    expect(found.revision?.oid).toBe(oid);
    expect(found.offence).toBeNull();
    expect(found.verdicts.map(({ outcome }) => outcome)).toEqual(['verified', 'verified']);
    expect(found.evidence.signedBy).toMatchObject([{ fingerprint: parseSshPublicKey(alice.line).fingerprint }]);
  });

  it.each([
    ['nobody', 'Alice', null, alice, 'unsigned', 'unsigned'],
    ['a stranger', 'Alice', mallory, alice, 'unknown_key', 'unknown_key'],
    ['Alice', 'nobody', alice, null, 'unsigned', 'trusted'],
    ['Alice', 'a stranger', alice, mallory, 'unknown_key', 'trusted'],
  ] as const)('by %s over a commit by %s', (_a, _b, byTag, byCommit, both, tagAlone) => {
    expect(judgeSigned(byTag, byCommit).reason).toBe(both);
    expect(judgeSigned(byTag, byCommit, { verify: 'tag' }).reason).toBe(tagAlone);
  });

  it('names the commit that fails under `tag-and-commit`', () => {
    const { found, oid } = judgeSigned(alice, null);
    expect(found.offence).toMatchObject({ commit: oid, reason: 'unsigned' });
    expect(found.revision).toBeNull();
  });

  it('speaks of tags, and says what to do', () => {
    expect(judgeSigned(null, alice).found.offence).toMatchObject({
      message: expect.stringMatching(/^Tag v1 \([0-9a-f]{12}… by Alice <alice@example.com>\) carries no signature\.$/),
      nextStep: expect.stringContaining('git tag --force --sign v1'),
    });
    expect(judgeSigned(mallory, alice).found.offence?.nextStep).not.toMatch(/\bcommit\b/);
  });

  it.each([
    ['text after the signature', (armor: string) => `${armor}more\n`, 'malformed_signature'],
    ['two signatures', (armor: string) => armor + armor, 'malformed_signature'],
    ['a signature cut off', (armor: string) => armor.slice(0, -40), 'malformed_signature'],
    ['a signature after a lone carriage return', (armor: string) => `x\r${armor}`, 'unsigned'],
    ['a signature within a line', (armor: string) => `x${armor}`, 'unsigned'],
  ])('is refused with %s', (_what, change, reason) => {
    const commit = commitBy(alice);
    const oid = computeOid('commit', commit, 'sha1').oid;
    const payload = tagPayload({ object: oid });
    const armor = change(sign(payload, alice).toString());
    const raw = Buffer.concat([payload, Buffer.from(armor)]);
    expect(judge(tagOidOf(raw, oid), sendTags('sha1', [raw], [commit])).offence?.reason).toBe(reason);
  });

  it('is refused under another name, and so is one that names a tag', () => {
    expect(judgeSigned(alice, alice, { name: 'v2' }).reason).toBe('malformed_tag');
    expect(judgeSigned(alice, alice, { type: 'tag' }).reason).toBe('malformed_tag');
  });

  it('that lies about what it names is refused', () => {
    const commit = commitBy(alice);
    const inner = tagBy(alice, { object: computeOid('commit', commit, 'sha1').oid });
    const outer = tagBy(alice, { object: computeOid('tag', inner, 'sha1').oid, type: 'commit' });
    const sent = sendTags('sha1', [inner, outer], [commit]);
    expect(judge(tagOidOf(outer, parseOid('a'.repeat(40))), sent).offence?.reason).toBe('missing_object');
  });

  it('whose commit is malformed is refused, also where its own signature alone is asked for (trust rule 4.6)', () => {
    const commit = Buffer.from(commitBy(alice).toString().replace('committer', 'submitter'));
    const oid = computeOid('commit', commit, 'sha1').oid;
    const raw = tagBy(alice, { object: oid });
    const found = judge(tagOidOf(raw, oid), sendTags('sha1', [raw], [commit]), { verify: 'tag' });
    expect(found.offence).toMatchObject({ reason: 'malformed_commit', commit: oid });
  });

  it('with too long a signature is refused (trust rule 4.7)', () => {
    const commit = commitBy(alice);
    const oid = computeOid('commit', commit, 'sha1').oid;
    const payload = tagPayload({ object: oid });
    const raw = Buffer.concat([payload, sign(payload, alice), Buffer.alloc(70_000, '\n')]);
    expect(judge(tagOidOf(raw, oid), sendTags('sha1', [raw], [commit])).offence?.reason).toBe('limit_exceeded');
  });

  it('dated ahead is judged again when due (trust rule 3.2)', () => {
    const { found } = judgeSigned(alice, alice, { tagger: identityAt(COMMITTED_AT + 3600) });
    expect(found.offence?.reason).toBe('future_signature');
    expect(found.recheckAt).toBe(COMMITTED_AT + 3300);
  });

  it('counts by when it was first seen (trust rule 3.1)', () => {
    const signatories = [of('Alice', alice, { validUntil: COMMITTED_AT + 100 })];
    expect(judgeSigned(alice, alice, { signatories, firstSeen: COMMITTED_AT + 99 }).reason).toBe('trusted');
    expect(judgeSigned(alice, alice, { signatories, firstSeen: COMMITTED_AT + 100 }).reason).toBe('expired_key');
  });

  it("never counts by who is limited to merges, whose merges count as a tag's commit (trust rule 3.5)", () => {
    expect(judgeSigned(bob, alice).reason).toBe('not_authorized');
    expect(judgeSigned(alice, bob).reason).toBe('not_authorized');
    const merge = commitBy(bob, { parents: ['a'.repeat(40), 'b'.repeat(40)] });
    const oid = computeOid('commit', merge, 'sha1').oid;
    const raw = tagBy(alice, { object: oid });
    const sent = sendTags('sha1', [raw], [merge]);
    expect(judge(tagOidOf(raw, oid), sent).revision?.oid).toBe(oid);
    const upToDate = [of('Alice', alice), of('Forge', bob, { limit: 'up-to-date-merges' })];
    expect(judge(tagOidOf(raw, oid), sent, { signatories: upToDate }).offence?.reason).toBe('not_authorized');
  });
});

describe('what an operator says (trust rule 2.7)', () => {
  it('denies a commit or a tag, by id or by payload, whatever was to be verified', () => {
    const { oid, tag, found } = judgeSigned(alice, alice);
    const [tagVerdict, commitVerdict] = found.verdicts;
    const entries = [
      ...[{ commit: oid }, { commit: tag }],
      ...[tagVerdict, commitVerdict].map((verdict) => ({ payloadSha256: String(verdict?.payloadSha256) })),
    ];
    for (const verify of ['tag', 'tag-and-commit'] as const)
      for (const entry of entries) expect(judgeSigned(alice, alice, { verify, denied: [entry] }).reason).toBe('denied');
  });

  it('accepts each of both by its own id', () => {
    const { oid, tag } = judgeSigned(mallory, mallory);
    expect(judgeSigned(mallory, mallory, { accepted: [oid] }).reason).toBe('unknown_key');
    expect(judgeSigned(mallory, mallory, { accepted: [tag] }).reason).toBe('unknown_key');
    const { found, reason } = judgeSigned(mallory, mallory, { accepted: [oid, tag] });
    expect(reason).toBe('trusted');
    expect(found.evidence.accepted).toHaveLength(2);
  });

  it('gives a lightweight tag no name, also where its commit is accepted', () => {
    const commit = commitBy(alice);
    const oid = computeOid('commit', commit, 'sha1').oid;
    const sent = sendTags('sha1', [], [commit]);
    expect(judge(oid, sent, { accepted: [oid], verify: 'tag' }).offence).toMatchObject({
      commit: oid,
      reason: 'unsigned',
    });
  });
});

describe('what a server does not send', () => {
  it('is missing, or collides (trust rules 1.1, 1.5)', () => {
    const commit = commitBy(alice);
    const oid = computeOid('commit', commit, 'sha1').oid;
    const raw = tagBy(alice, { object: oid });
    const tag = tagOidOf(raw, oid);
    for (const sent of [sendTags('sha1', [], [commit]), sendTags('sha1', [raw], [])]) {
      expect(judge(tag, sent, { verify: 'tag' }).offence?.reason).toBe('missing_object');
      expect(judge(tag, { ...sent, collisions: new Set([tag, oid]) }).offence?.reason).toBe('sha1_collision');
    }
  });
});
