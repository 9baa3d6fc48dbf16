import { createHmac } from 'node:crypto';
import { applyPolicy } from '../../cli/operations/apply-policy.ts';
import type { Installation } from '../../cli/operations/installation.ts';
import { planPolicy, type RepositoryPlan } from '../../cli/operations/plan-policy.ts';
import { unlockBranch } from '../../cli/operations/unlock-branch.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { parseSshPublicKey } from '../../shared/signatures/ssh/parse-public-key.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { createBranchPolicy, createPolicy } from '../support/policies.ts';
import { createSignatory } from '../support/signatories.ts';
import { type FaultsWorld, SECRETS } from './faults-world.ts';
import type { GitState } from './git-states.ts';

/** One repository of the matrix, in which one call goes wrong. */
export type FaultsCase = ReturnType<typeof createFaultsCase>;

let cases = 0;

export function createFaultsCase(world: FaultsWorld) {
  const { git, injector, invoke } = world;
  // No text that is encoded has such a name in it.
  const name = `case-${cases++}`;
  const ref = { repository: name, branch: 'main' };
  const settings: Partial<RepositoryPolicy> = {
    url: `${git.url}/${name}/repository`,
    credentials: { username: 'headlock', password: { secretRef: 'git-secret' } },
    webhook: { secretRef: 'webhook-secret' },
    commitStatus: { token: { secretRef: 'status-secret' } },
    apiUrl: `${world.forge.url}/api/v3`,
    branches: [createBranchPolicy({ anchor: git.commits.first })],
  };
  let policy = createPolicy(name, settings);

  /** A command of an operator, who sees that it failed and runs it again; one that dies is run again by another process. */
  const command = async (run: (installation: Installation) => Promise<unknown>): Promise<void> => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const installation = world.openInstallation();
      const failed = await run(installation).then(
        () => null,
        (error: unknown) => error ?? new Error('It failed.'),
      );
      const died = await injector.endInvocation();
      await installation.close();
      if (failed === null && !died) return;
      if (attempt === 4) throw failed;
    }
  };

  const planFor = async (installation: Installation): Promise<RepositoryPlan> => {
    const signatories = [createSignatory([parseSshPublicKey(git.key.publicKey)], { emails: [] })];
    const next = { policy, signatories, warnings: [], lineOf: () => 1 };
    const { repositories } = await planPolicy([next], 'headlock.yaml', installation);
    const plan = repositories.find(({ repository }) => repository === name);
    if (plan === undefined) throw new Error(`There is no plan for ${name}.`);
    return plan;
  };

  return {
    name,
    ref,
    world,
    policy: () => policy,
    show: (state: GitState) => git.show(name, state),
    apply(changes: Partial<RepositoryPolicy> = {}): Promise<void> {
      policy = { ...policy, ...changes };
      return command(async (installation) => {
        const now = new Date().toISOString();
        await applyPolicy(await planFor(installation), { actor: 'an operator', now }, installation);
      });
    },
    unlock(to: Oid | null, sequence: number): Promise<void> {
      return command(async (installation) => {
        const request = { ref, to, sequence, overCompromise: false, reason: 'Reviewed.', actor: 'an operator' };
        const openSources = createSourceOpener(installation.vault, {});
        await unlockBranch({ ...request, now: new Date() }, { ...installation, openSources }).catch(
          (error: unknown) => {
            // What had its effect before is seen by whoever tries again.
            if (!(error instanceof HeadlockError && error.code === 'stale_sequence')) throw error;
          },
        );
      });
    },
    /** A webhook of GitHub. It comes once: whatever is lost, the sweep finds. */
    async tell(refName = 'refs/heads/main'): Promise<void> {
      const body = JSON.stringify({
        ref: refName,
        before: '0'.repeat(40),
        after: git.commits.second,
        deleted: false,
        repository: { name: 'repository', full_name: `${name}/repository`, clone_url: policy.url },
      });
      const signature = createHmac('sha256', SECRETS.webhook).update(body).digest('hex');
      await invoke('webhook', {
        ...httpEvent('POST /webhooks/{source}', { source: name }),
        headers: {
          'content-type': 'application/json',
          'x-github-event': 'push',
          'x-github-delivery': `${name}-delivery`,
          'x-hub-signature-256': `sha256=${signature}`,
        },
        body,
        isBase64Encoded: false,
      });
    },
    drain: world.drain,
    async sweep(): Promise<void> {
      await world.giveTurn(name);
      await world.drain();
    },
    /** The function that gives all their turns. */
    async sweepAll(): Promise<void> {
      await invoke('sweep', { 'detail-type': 'Scheduled Event' });
      await world.drain();
    },
    /** What an agent reads. */
    async poll(token: string): Promise<{ readonly status: number; readonly body: unknown }> {
      const invocation = await invoke('trusted-revision', {
        ...httpEvent('GET /v1/repositories/{repository}/trusted-revision', { repository: name }),
        headers: { authorization: `Bearer ${token}` },
        queryStringParameters: { branch: 'main' },
      });
      if (invocation.outcome === 'failed') return { status: 500, body: null };
      const { statusCode, body } = invocation.payload as { statusCode: number; body: string };
      return { status: statusCode, body: statusCode === 200 ? JSON.parse(body) : null };
    },
  };
}

function httpEvent(routeKey: string, pathParameters: object): object {
  return { version: '2.0', routeKey, pathParameters, requestContext: { requestId: 'request', routeKey } };
}
