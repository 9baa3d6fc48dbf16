import { describe, expect, it } from 'vitest';
import { COMMIT_REASONS, createRefusal, type Verdict } from '../../../shared/model/verdict.ts';
import { type Check, listChecks, NO_FACTS } from '../../../shared/trust/list-checks.ts';
import { oidOf } from '../../support/small-history.ts';

const BINDING = {
  commit: oidOf('c'),
  payloadSha256: 'ab'.repeat(32),
  committer: 'Bob <bob@example.com>',
  firstSeen: 60,
};
const SIGNED = {
  outcome: 'verified',
  format: 'openpgp',
  signatory: 'Alice',
  fingerprint: 'aa'.repeat(20),
  certifiedBy: 'bb'.repeat(20),
  certificate: null,
  signedAt: 30,
  ...BINDING,
} as const satisfies Verdict;

const marks = (checks: readonly Check[]): string =>
  checks
    .map(({ outcome }) => ({ passed: '+', failed: 'x', 'not-reached': '-', 'not-applicable': '.' })[outcome])
    .join('');
const failedOf = (checks: readonly Check[]) => checks.filter(({ outcome }) => outcome === 'failed');

describe('listChecks', () => {
  it.each(COMMIT_REASONS)('says of %s which check failed, and claims nothing of those that come after it', (reason) => {
    const checks = listChecks(createRefusal(reason, 'is so.', 'Do this.'));
    expect(failedOf(checks)).toMatchObject([{ detail: `${reason}: is so.` }]);
    expect(marks(checks)).toMatch(/^[+-]*x[-]*[.]$/);
  });

  it('claims no check that a format makes later than the one that failed', () => {
    const of = (reason: (typeof COMMIT_REASONS)[number]) => marks(listChecks(createRefusal(reason, '', '')));
    expect({
      missing_object: of('missing_object'),
      malformed_commit: of('malformed_commit'),
      limit_exceeded: of('limit_exceeded'),
      unsigned: of('unsigned'),
      malformed_signature: of('malformed_signature'),
      unknown_key: of('unknown_key'),
      unproven_time: of('unproven_time'),
      revoked_key: of('revoked_key'),
      expired_key: of('expired_key'),
      future_signature: of('future_signature'),
      bad_email: of('bad_email'),
      not_authorized: of('not_authorized'),
      denied: of('denied'),
    }).toEqual({
      missing_object: 'x---------------.',
      malformed_commit: '+x--------------.',
      limit_exceeded: '+-x-------------.',
      unsigned: '+++x------------.',
      malformed_signature: '++++-x----------.',
      // Whether the key is strong is not known of a key that nobody has.
      unknown_key: '++++++-x--------.',
      // Anybody can name anybody in a certificate: without its chain the key is nobody's.
      unproven_time: '++++++--x-------.',
      revoked_key: '++++++---x------.',
      expired_key: '++++++-----x----.',
      future_signature: '++++++------x---.',
      bad_email: '++++++-------x--.',
      // A certificate of SSH is judged before the signature that it came with.
      not_authorized: '++++++--------x-.',
      denied: '+++------------x.',
    });
  });

  it('tells of a verified commit its key, its owner and the times that count', () => {
    const checks = listChecks(SIGNED, { algorithm: 'RSA 4096', keyTime: 'ignore' });
    expect(marks(checks)).toBe('++++++++.+++++++.');
    expect(checks.filter(({ detail }) => detail !== null).map(({ rule, detail }) => `${rule} ${detail}`)).toEqual([
      '2.1 OpenPGP',
      `2.1 over the payload of SHA-256 ${BINDING.payloadSha256}`,
      '2.5 RSA 4096',
      `2.2 0x${'AA'.repeat(20)} of Alice, certified by 0x${'BB'.repeat(20)}`,
      '3.1 signed 1970-01-01 00:00:30 UTC as it says, first seen 1970-01-01 00:01:00 UTC (keyTime: ignore)',
    ]);
  });

  it('names the rule of the format, and the proven time of X.509', () => {
    const ssh = { ...SIGNED, format: 'ssh', fingerprint: 'SHA256:a', certifiedBy: null, signedAt: null } as const;
    const certificate = { serial: '7', keyId: '' };
    expect(listChecks({ ...ssh, certificate }, NO_FACTS)).toContainEqual({
      rule: '2.3',
      title: 'A key of the policy made it over these bytes',
      outcome: 'passed',
      detail: 'SHA256:a of Alice (certificate 7)',
    });
    expect(listChecks(ssh)).toContainEqual(
      expect.objectContaining({ detail: 'signed at no stated time, first seen 1970-01-01 00:01:00 UTC' }),
    );
    expect(listChecks({ ...SIGNED, format: 'x509' })).toContainEqual({
      rule: '2.4',
      title: 'The time of an X.509 signature is proven',
      outcome: 'passed',
      detail: '1970-01-01 00:00:30 UTC',
    });
  });

  it.each([
    ['revoked_key', '++++++++.x------.'],
    ['expired_key', '++++++++.++x----.'],
    // The window that the policy gives to the owner of a key is looked at later.
    ['future_signature', '++++++++.++-x---.'],
    ['bad_email', '++++++++.++++x--.'],
    ['not_authorized', '++++++++.+++++x-.'],
    ['denied', '++++++++.++++++x.'],
  ] as const)('shows a proven signature in spite of which a commit is refused: %s (rules 2.7, 3)', (reason, expected) => {
    const { commit: _, payloadSha256: __, committer: ___, firstSeen: ____, ...signed } = SIGNED;
    const checks = listChecks({ ...createRefusal(reason, 'is so.', 'Do this.'), signed, ...BINDING });
    expect(marks(checks)).toBe(expected);
    expect(failedOf(checks)).toMatchObject([{ detail: `${reason}: is so.` }]);
    expect(checks.map(({ detail }) => detail).join()).toContain(' of Alice');
    const unbound = listChecks({ ...createRefusal(reason, 'is so.', 'Do this.'), signed });
    expect(unbound).toEqual(listChecks(createRefusal(reason, 'is so.', 'Do this.')));
  });

  it('shows what an operator vouches against, and with what reason (rule 2.7)', () => {
    const accepted = { outcome: 'verified', format: 'policy', justification: 'CHG-7', against: 'expired_key' } as const;
    const checks = listChecks({ ...accepted, ...BINDING });
    expect(marks(checks)).toBe('++++++-----x---++');
    expect(failedOf(checks)).toMatchObject([{ rule: '3.1', detail: 'expired_key' }]);
    expect(checks.at(-1)).toMatchObject({ rule: '2.7', outcome: 'passed', detail: 'CHG-7' });
  });
});
