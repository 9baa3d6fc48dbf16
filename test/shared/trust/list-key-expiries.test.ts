import { describe, expect, it } from 'vitest';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import type { OpenPgpKey, Signatory, SshKey } from '../../../shared/model/signatory.ts';
import { listKeyExpiries } from '../../../shared/trust/list-key-expiries.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';

const openPgp = (name: string, changes: Partial<OpenPgpKey> = {}): OpenPgpKey => ({
  ...{ format: 'openpgp', fingerprint: name, keyId: name, primaryFingerprint: 'primary', version: 4, algorithm: 22 },
  ...{
    bits: 256,
    created: 1,
    expires: null,
    statedAt: 1,
    revocation: null,
    signing: true,
    spki: 'AA==',
    unusable: null,
  },
  ...changes,
});
const ssh = (changes: Partial<SshKey> = {}): SshKey => ({
  ...{ format: 'ssh', fingerprint: 'SHA256:key', type: 'ssh-ed25519', blob: 'AA==' },
  ...changes,
});
const list = (signatory: Signatory, changes: Partial<RepositoryPolicy> = {}) =>
  listKeyExpiries({ policy: createPolicy('payments', changes), signatories: [signatory] }).map(({ key, expires }) => [
    key,
    expires,
  ]);

describe('the ends of keys (trust rule 3.1)', () => {
  it('are those of the last signing key of each certificate', () => {
    const keys = [
      openPgp('primary', { signing: false, expires: 900 }),
      openPgp('old', { expires: 100 }),
      openPgp('new', { expires: 500 }),
      openPgp('other', { primaryFingerprint: 'other', expires: 200 }),
    ];
    expect(list(createSignatory(keys))).toEqual([
      ['0xNEW', 500],
      ['0xOTHER', 200],
    ]);
  });

  it('are none where one of its signing keys has none', () => {
    expect(list(createSignatory([openPgp('old', { expires: 100 }), openPgp('new')]))).toEqual([]);
  });

  it('leave out keys that sign nothing any more', () => {
    const keys = [
      openPgp('retired', { expires: 100, primaryFingerprint: 'a', revocation: { kind: 'soft', at: 50 } }),
      openPgp('unusable', { expires: 100, primaryFingerprint: 'b', spki: null }),
      openPgp('stolen', { expires: 100, primaryFingerprint: 'c' }),
      openPgp('bound to a stolen one', { expires: 100, primaryFingerprint: 'stolen' }),
      ssh({ fingerprint: 'SHA256:stolen', validUntil: 100 }),
    ];
    expect(list(createSignatory(keys), { compromisedKeys: ['stolen', 'SHA256:stolen'] })).toEqual([]);
  });

  it('are the earlier one of a key and of the policy, and of SSH and X.509 that of the policy alone', () => {
    const keys = [openPgp('a', { expires: 700 }), ssh({ validUntil: 300 }), ssh({ fingerprint: 'SHA256:other' })];
    expect(list(createSignatory(keys, { validUntil: 500 }))).toEqual([
      ['0xA', 500],
      ['SHA256:key', 300],
      ['SHA256:other', 500],
    ]);
  });

  it('are those of the policy alone where every branch and tag ignores expiry', () => {
    const signatory = createSignatory([openPgp('a', { expires: 700 }), ssh({ validUntil: 300 })]);
    const branches = [createBranchPolicy({ keyTime: 'ignore' })];
    expect(list(signatory, { branches })).toEqual([['SHA256:key', 300]]);
    const tags = [{ pattern: 'v*', verify: 'tag', keyTime: 'signature' } as const];
    expect(list(signatory, { branches, tags })).toHaveLength(2);
  });
});
