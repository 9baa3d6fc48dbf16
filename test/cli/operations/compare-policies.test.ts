import { describe, expect, it } from 'vitest';
import { type ComparedPolicy, comparePolicies } from '../../../cli/operations/compare-policies.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import type { OpenPgpKey, Signatory, SshKey } from '../../../shared/model/signatory.ts';
import { createPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';

const ssh: SshKey = { format: 'ssh', fingerprint: 'SHA256:abc', type: 'ssh-ed25519', blob: '' };
const openPgp: OpenPgpKey = {
  format: 'openpgp',
  fingerprint: 'abcd'.repeat(10),
  keyId: 'abcd'.repeat(4),
  primaryFingerprint: 'abcd'.repeat(10),
  version: 4,
  algorithm: 22,
  bits: 255,
  created: 0,
  expires: Date.UTC(2027, 0, 1) / 1000,
  statedAt: 0,
  revocation: null,
  signing: true,
  spki: 'AAAA',
  unusable: null,
};
const alice: Signatory = {
  name: 'Alice',
  emails: ['alice@example.com'],
  matchEmail: false,
  validFrom: null,
  validUntil: null,
  limit: null,
  keys: [ssh],
};
const shop: ComparedPolicy = {
  policy: createPolicy('shop', {
    url: 'https://git.example.com/shop.git',
    credentials: null,
    webhook: { secretRef: 'shop-webhook' },
  }),
  signatories: [alice],
};

function differences(former: ComparedPolicy | null, next: ComparedPolicy | null): readonly string[] {
  return comparePolicies(former, next).map(({ sign, text }) => `${sign} ${text}`);
}

function withBranch(changes: object): ComparedPolicy {
  return { ...shop, policy: { ...shop.policy, branches: shop.policy.branches.map((one) => ({ ...one, ...changes })) } };
}

describe('comparePolicies', () => {
  it('lists all of a new repository, without what it leaves at its default', () => {
    expect(differences(null, shop)).toEqual([
      '+ url https://git.example.com/shop.git',
      '+ provider github',
      '+ verifier https://headlock.example.com/test',
      '+ webhook secret shop-webhook',
      '+ branch main',
      '+ branch main: mode all',
      '+ branch main: keyTime first-seen',
      `+ branch main: anchor ${oidOf('a')}`,
      '+ branch main: enforcement enforce',
      '+ signatory Alice',
      '+ signatory Alice: emails alice@example.com',
      '+ signatory Alice: key SHA256:abc ssh-ed25519',
    ]);
  });

  it('tells the conditions of SSH keys, and that another revocation list counts', () => {
    const at = Date.UTC(2027, 0, 1) / 1000;
    const under = { principals: ['alice', 'al'], userVerification: true, validFrom: at, validUntil: at } as const;
    const keys = [ssh, { ...ssh, ...under }];
    const listOf = (fingerprint: string) => ({ fingerprints: [fingerprint], certificates: [] });
    const former = { ...shop, signatories: [{ ...alice, sshRevocations: listOf('SHA256:a') }] };
    const next = { ...shop, signatories: [{ ...alice, keys, sshRevocations: listOf('SHA256:b') }] };
    expect(differences(former, next)).toEqual([
      '~ signatory Alice: key SHA256:abc ssh-ed25519 → ssh-ed25519; or ssh-ed25519, certificate authority for alice, al, with user verification, from 2027-01-01T00:00:00Z, until 2027-01-01T00:00:00Z',
      expect.stringMatching(
        /^~ signatory Alice: SSH revocations keys: 1, lists of certificates: 0 \(\w{16}\) → keys: 1, .*\)$/,
      ),
    ]);
  });

  it('finds nothing between a policy and itself', () => {
    expect(differences(shop, structuredClone(shop))).toEqual([]);
  });

  it('names what changed of a repository and a branch, from what to what', () => {
    const policy = { ...shop.policy, url: 'https://new.example.com/shop.git', webhook: null };
    const credentials = { username: 'x', password: { secretRef: 'shop-token' } };
    expect(differences(shop, { ...shop, policy: { ...policy, credentials } })).toEqual([
      '~ url https://git.example.com/shop.git → https://new.example.com/shop.git',
      '+ credentials x with secret shop-token',
      '- webhook secret shop-webhook',
    ]);
    expect(differences(shop, withBranch({ mode: 'head', limits: { ...DEFAULT_BRANCH_LIMITS, commits: 5 } }))).toEqual([
      '~ branch main: mode all → head',
      '+ branch main: limits.commits 5',
    ]);
    expect(differences(shop, withBranch({ publishers: ['Alice', 'Bob'] }))).toEqual([
      '+ branch main: publishers Alice, Bob',
    ]);
    expect(differences(shop, withBranch({ name: 'next' }))).toEqual([
      '- branch main',
      '+ branch next',
      ...differences(null, withBranch({ name: 'next' })).filter((line) => line.startsWith('+ branch next: ')),
    ]);
  });

  it('tells how a repository is fetched, and that another file of host keys or authorities counts', () => {
    const of = (changes: Partial<RepositoryPolicy>) => ({ ...shop, policy: { ...shop.policy, ...changes } });
    const app = { name: 'acme', appId: '12', privateKey: { secretRef: 'key' }, webhook: null, apiUrl: 'https://api.x' };
    expect(differences(shop, of({ credentials: { app }, commitStatus: { token: null } }))).toEqual([
      '+ credentials app acme (12 at https://api.x) with key in secret key, without webhook',
      '+ commitStatus with the credentials of the repository',
    ]);
    const told = { app: { ...app, webhook: { secretRef: 'hook' } } };
    expect(differences(of({ credentials: { app } }), of({ credentials: told }))).toEqual([
      expect.stringMatching(/^~ credentials app .*, without webhook → app .*, webhook secret hook$/),
    ]);
    const ssh = { sshKey: { secretRef: 'key' }, passphrase: null, knownHosts: 'a ssh-ed25519 AAAA\n' };
    const locked = { ...ssh, passphrase: { secretRef: 'words' } };
    expect(differences(of({ credentials: ssh }), of({ credentials: locked }))).toEqual([
      expect.stringMatching(
        /^~ credentials SSH key in secret key, known hosts of 1 lines \((\w{16})\) → SSH key in secret key with passphrase in secret words, known hosts of 1 lines \(\1\)$/,
      ),
    ]);
    const other = { ...ssh, knownHosts: 'a ssh-ed25519 AAAB\n' };
    expect(differences(of({ credentials: ssh }), of({ credentials: other }))).toEqual([
      expect.stringMatching(/\((\w{16})\) → .*\((?!\1)\w{16}\)$/),
    ]);
    const commitStatus = { token: { secretRef: 'teller' } };
    expect(differences(shop, of({ commitStatus, certificateAuthority: 'PEM\n', apiUrl: 'https://api.y' }))).toEqual([
      '+ commitStatus with secret teller',
      expect.stringMatching(/^\+ certificateAuthority of 1 lines \(\w{16}\)$/),
      '+ apiUrl https://api.y',
    ]);
  });

  it('says what a limit to merges trusts', () => {
    const limited = (limit: Signatory['limit']) => ({ ...shop, signatories: [{ ...alice, limit }] });
    expect(differences(shop, limited('merges'))).toEqual([
      "+ signatory Alice: limit merges (this trusts the forge with the merge's content)",
    ]);
    expect(differences(limited('up-to-date-merges'), shop)).toEqual([
      '- signatory Alice: limit up-to-date-merges (nothing new can hide in such a merge)',
    ]);
  });

  it('names each commit that is accepted or denied, and why, and each compromised key', () => {
    const accepted = [{ commit: oidOf('1'), reason: 'Old key' }];
    const denied = [
      { commit: oidOf('2'), reason: 'Stolen' },
      { payloadSha256: 'e'.repeat(64), reason: 'Stolen' },
    ];
    const compromisedKeys = ['SHA256:lost'];
    const next = { ...shop, policy: { ...shop.policy, accepted, denied, compromisedKeys } };
    expect(differences(shop, next)).toEqual([
      `+ accepted commit ${oidOf('1')} (Old key)`,
      `+ denied commit ${oidOf('2')} (Stolen)`,
      `+ denied payload ${'e'.repeat(64)} (Stolen)`,
      '+ compromised key SHA256:lost (all its signatures are void)',
    ]);
    expect(differences(next, shop)).toContain(`- accepted commit ${oidOf('1')} (Old key)`);
  });

  it('tells keys by fingerprint', () => {
    const keyed = (...keys: Signatory['keys']) => ({ ...shop, signatories: [{ ...alice, keys }] });
    const fingerprint = 'ABCD'.repeat(10);
    expect(differences(keyed(ssh), keyed(openPgp))).toEqual([
      '- signatory Alice: key SHA256:abc ssh-ed25519',
      `+ signatory Alice: key ${fingerprint} signs, expires 2027-01-01T00:00:00Z`,
    ]);
    expect(differences(keyed(openPgp), keyed({ ...openPgp, expires: null, revocation: { kind: 'hard' } }))).toEqual([
      `~ signatory Alice: key ${fingerprint} signs, expires 2027-01-01T00:00:00Z → signs, without expiry, revoked, all signatures void`,
    ]);
    expect(differences(null, keyed({ ...openPgp, spki: null, unusable: 'its curve is not supported' }))).toContain(
      `+ signatory Alice: key ${fingerprint} does not sign, expires 2027-01-01T00:00:00Z, its curve is not supported`,
    );
  });
});
