import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type UnlockedBranch, type UnlockRequest, unlockBranch } from '../../../cli/operations/unlock-branch.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { parseSshPublicKey } from '../../../shared/signatures/ssh/parse-public-key.ts';
import { createSourceOpener } from '../../../shared/sources/open-sources.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { useEmbeddedInstallation } from '../../support/embedded-installation.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { createSignatory } from '../../support/signatories.ts';
import { createSshKey, type SshKeyPair } from '../../support/signing.ts';
import { oidOf } from '../../support/small-history.ts';

const installation = useEmbeddedInstallation();
const NOW = new Date('2026-11-21T11:00:00.000Z');
const CREDENTIALS = { kind: 'basic', username: 'git', password: 'sesame' } as const;
let repository: GitRepository;
let server: GitHttpServer;
let key: SshKeyPair;
let trusted: Oid;
let signed: Oid;
let unsigned: Oid;
let elsewhere: Oid;
let malformed: Oid;
let number = 0;
let ref: BranchState['ref'];

beforeAll(async () => {
  [repository, key] = await Promise.all([createGitRepository(), createSshKey()]);
  await repository.run('config', 'gpg.format', 'ssh');
  await repository.run('config', 'user.signingkey', key.path);
  trusted = await repository.commit('Start');
  signed = await repository.commit('Signed', { args: ['-S'] });
  unsigned = await repository.commit('Unsigned');
  await repository.run('switch', '-q', '--orphan', 'other');
  elsewhere = await repository.commit('Another history');
  const raw = (await repository.readObject(elsewhere)).toString().replace('author ', 'author  ');
  malformed = await repository.writeObject('commit', raw.replace(/^tree (.*)$/m, 'tree $1\ntree $1'));
  await repository.run('update-ref', 'refs/heads/malformed', malformed);
  server = await startGitHttpServer(repository.root, { credentials: CREDENTIALS });
  const vaulted = await installation().vault.seal('token', 'git', Buffer.from('sesame'));
  const stale = await installation().vault.seal('token', 'git', Buffer.from('old'));
  const ciphertexts = [stale, vaulted];
  await installation().secrets.write({ name: 'token', purpose: 'git', ciphertexts, updated: NOW.toISOString() });
});
afterAll(async () => {
  await Promise.all([server.close(), repository.remove(), key.cleanup()]);
});

/** Each test has a repository of its own in the installation: locked, at sequence 1. */
beforeEach(async () => {
  number += 1;
  ref = { repository: `shop-${number}`, branch: 'main' };
  const policy: RepositoryPolicy = {
    repository: ref.repository,
    verifier: 'https://headlock.example.com',
    url: `${server.url}/${repository.name}`,
    provider: 'generic',
    credentials: { username: 'git', password: { secretRef: 'token' } },
    webhook: null,
    commitStatus: null,
    certificateAuthority: null,
    apiUrl: null,
    accepted: [],
    denied: [],
    tags: [],
    compromisedKeys: [],
    branches: [
      {
        name: 'main',
        mode: 'all',
        anchor: trusted,
        enforcement: 'enforce',
        keyTime: 'first-seen',
        matchEmail: false,
        publishers: null,
        limits: DEFAULT_BRANCH_LIMITS,
      },
    ],
  };
  await installation().policies.add(policy, [createSignatory([parseSshPublicKey(key.publicKey)])], 0);
  const state = createLockedBranchState({ ref, anchor: trusted, trusted: mintTrustedRevision(trusted) });
  await installation().branches.write(state);
});

const openPorts = () => ({ ...installation(), openSources: createSourceOpener(installation().vault, {}) });

function unlock(changes: Partial<UnlockRequest>): Promise<UnlockedBranch> {
  const seen = { sequence: 1, overCompromise: false };
  const request = { ref, ...seen, to: null, reason: 'On purpose', actor: 'local operator ana', now: NOW };
  return unlockBranch({ ...request, ...changes }, openPorts());
}

describe('unlockBranch', () => {
  it('anchors at a commit ahead, of another history, or behind, and has the branch decided anew', async () => {
    await installation().takeHints();
    for (const [index, to] of [signed, elsewhere, trusted].entries()) {
      const { state } = await unlock({ to, sequence: index + 1 });
      expect(state).toMatchObject({ sequence: index + 2, trusted: { oid: to }, anchor: to, lock: null, tip: null });
    }
    const stored = await installation().branches.read(ref);
    expect(stored).toMatchObject({ version: 4, sequence: 4, operatorAnchored: true });
    expect(stored?.due.map(({ kind }) => kind)).toEqual(Array(3).fill(['event', 'revision', 'alert']).flat());
    expect((await installation().takeHints()).map((hint) => hint.ref)).toEqual([ref, ref, ref]);
  });

  it('tells what the policy makes of the commit', async () => {
    expect((await unlock({ to: signed })).verdict).toMatchObject({ outcome: 'verified', signatory: 'Alice' });
    expect((await unlock({ to: unsigned, sequence: 2 })).verdict).toMatchObject({
      outcome: 'refused',
      reason: 'unsigned',
    });
  });

  it('clears a lock without asking the repository', async () => {
    const before = server.requests.length;
    expect(await unlock({})).toMatchObject({
      verdict: null,
      state: { sequence: 2, trusted: { oid: trusted }, lock: null },
    });
    expect(server.requests).toHaveLength(before);
  });

  it.each([
    ['a stale sequence', () => ({ to: signed, sequence: 0 }), 'stale_sequence'],
    ['a commit that the repository does not send', () => ({ to: oidOf('e') }), 'unreachable'],
    ['a malformed commit', () => ({ to: malformed }), 'unfit_anchor'],
    ['a branch that no policy names', () => ({ to: signed, ref: { ...ref, branch: 'next' } }), 'no_such_branch'],
  ])('refuses %s and changes nothing', async (_what, changes, code) => {
    const before = await installation().branches.read(ref);
    await expect(unlock(changes())).rejects.toMatchObject({ code });
    expect(await installation().branches.read(ref)).toEqual(before);
  });

  it('refuses a stale sequence before it asks the repository', async () => {
    const before = server.requests.length;
    await expect(unlock({ to: signed, sequence: 0 })).rejects.toMatchObject({ code: 'stale_sequence' });
    expect(server.requests).toHaveLength(before);
  });

  it('refuses a retired branch', async () => {
    await installation().policies.retire(ref.repository);
    await expect(unlock({ to: signed })).rejects.toMatchObject({ code: 'no_such_branch' });
  });

  it('says so where the credential is missing', async () => {
    await installation().secrets.drop('token');
    await expect(unlock({ to: signed })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('headlock secret set token'),
    });
  });

  it('refuses where the sequence moved on while the commit was fetched', async () => {
    const { branches } = installation();
    let reads = 0;
    const moving = {
      ...branches,
      read: async (which: BranchState['ref']) => {
        const state = await branches.read(which);
        reads += 1;
        if (reads === 2 && state !== null) await branches.write({ ...state, sequence: 2 });
        return state;
      },
    };
    const seen = { sequence: 1, overCompromise: false };
    const request = { ref, ...seen, to: null, reason: 'On purpose', actor: 'ana', now: NOW };
    await expect(unlockBranch(request, { ...openPorts(), branches: moving })).rejects.toMatchObject({
      code: 'stale_sequence',
      message: expect.stringContaining('is at sequence 2'),
    });
  });
});
