import { describe, expect, it } from 'vitest';
import { COMMIT_REASONS, type CommitReason } from '../../../shared/model/verdict.ts';
import { applyExceptions, createExceptions, describeExceptions } from '../../../shared/trust/policy-exceptions.ts';
import { oidOf, verdictOf } from '../../support/small-history.ts';

const [one, two] = [oidOf('1'), oidOf('2')];
const PAYLOAD = 'e'.repeat(64);
const NOBODY = new Map();
const accepted = [{ commit: one, reason: 'Reviewed in `CHG-7`\u001b' }];

describe('an accepted commit (trust rule 2.7)', () => {
  const UNACCEPTABLE = ['denied', 'malformed_commit', 'sha1_collision', 'missing_object', 'limit_exceeded'];
  const exceptions = createExceptions({ accepted, denied: [] }, NOBODY);

  it.each(COMMIT_REASONS)('is vouched for against a signature or a key alone: %s', (reason: CommitReason) => {
    const verdict = { ...verdictOf(one, reason), payloadSha256: PAYLOAD };
    const found = applyExceptions(verdict, exceptions);
    if (UNACCEPTABLE.includes(reason)) return expect(found).toEqual(verdict);
    expect(found).toEqual({
      outcome: 'verified',
      format: 'policy',
      justification: "Reviewed in 'CHG-7'\u{fffd}",
      against: reason,
      commit: one,
      payloadSha256: PAYLOAD,
      committer: verdict.committer,
      firstSeen: verdict.firstSeen,
    });
  });

  it('keeps the evidence of a signature that counts', () => {
    const verdict = verdictOf(one, undefined);
    expect(applyExceptions(verdict, exceptions)).toBe(verdict);
  });

  it('says nothing of another commit, though its payload be the same', () => {
    const verdict = verdictOf(two, 'unsigned');
    expect(applyExceptions(verdict, exceptions)).toBe(verdict);
  });
});

describe('a denied commit (trust rule 2.7)', () => {
  it.each([
    ['by its id', one, '', [{ commit: one, reason: 'Stolen laptop' }], NOBODY],
    ['by its payload', two, PAYLOAD, [{ payloadSha256: PAYLOAD, reason: 'Stolen laptop' }], NOBODY],
    [
      'by the payload of its other id',
      two,
      PAYLOAD,
      [{ commit: one, reason: 'Stolen laptop' }],
      new Map([[one, PAYLOAD]]),
    ],
  ])('is refused %s, signed or accepted as it may be', (_, commit, payloadSha256, denied, payloads) => {
    const exceptions = createExceptions({ accepted: [{ commit, reason: 'Fine' }], denied }, payloads);
    for (const reason of [undefined, 'unsigned', 'future_signature'] as const) {
      const found = applyExceptions({ ...verdictOf(commit, reason), payloadSha256 }, exceptions);
      expect(found).toMatchObject({
        outcome: 'refused',
        reason: 'denied',
        message: 'is denied by the policy: Stolen laptop',
        recheckAt: null,
        commit,
        payloadSha256,
      });
    }
  });

  it('stays refused for what is wrong with the object, so that it is never shown (trust rule 4.6)', () => {
    const exceptions = createExceptions({ accepted: [], denied: [{ commit: one, reason: 'No' }] }, NOBODY);
    expect(applyExceptions(verdictOf(one, 'malformed_commit'), exceptions)).toMatchObject({
      reason: 'malformed_commit',
    });
  });

  it('leaves all others alone', () => {
    const denied = [
      { commit: one, reason: 'No' },
      { payloadSha256: PAYLOAD, reason: 'No' },
    ];
    const verdict = { ...verdictOf(two, undefined), payloadSha256: 'd'.repeat(64) };
    expect(applyExceptions(verdict, createExceptions({ accepted: [], denied }, NOBODY))).toBe(verdict);
  });
});

describe('describeExceptions', () => {
  it('lists them for the audit trail, bounded (trust rule 5.4)', () => {
    const denied = [
      { commit: two, reason: 'No' },
      { payloadSha256: PAYLOAD, reason: 'Never' },
    ];
    const compromisedKeys = ['SHA256:lost', 'SHA256:stolen'];
    expect(describeExceptions({ accepted, denied, compromisedKeys })).toEqual({
      accepted: `${one}: Reviewed in 'CHG-7'\u{fffd}`,
      denied: `${two}: No; payload ${PAYLOAD}: Never`,
      compromisedKeys: 'SHA256:lost, SHA256:stolen',
    });
    expect(describeExceptions({ accepted: [], denied: [], compromisedKeys: [] })).toEqual({});
    const many = Array.from({ length: 50 }, () => ({ commit: one, reason: 'x'.repeat(500) }));
    const { accepted: text = '' } = describeExceptions({ accepted: many, denied: [], compromisedKeys: [] });
    expect(text.endsWith('; and 30 more')).toBe(true);
    expect(text.length).toBeLessThan(4000);
  });
});
