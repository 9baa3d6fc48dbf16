import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import type { RepositoryPolicy } from '../../../shared/model/policy.ts';
import { countFailures } from '../../../shared/sources/count-failures.ts';
import { createSourceOpener } from '../../../shared/sources/open-sources.ts';
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { createPolicy } from '../../support/policies.ts';

let repository: GitRepository;
let server: GitHttpServer;
let tips: Oid[];
let values: string[];
let open: ReturnType<typeof createSourceOpener>;

beforeAll(async () => {
  repository = await createGitRepository();
  tips = [await repository.commit('First'), await repository.commit('Second')];
  server = await startGitHttpServer(repository.root);
});
afterAll(async () => {
  await server.close();
  await repository.remove();
});
beforeEach(() => {
  values = ['s3cret'];
  open = createSourceOpener({ open: async () => values }, {});
});

/** What one decision asks for. @returns the commands that the server saw, and with which credentials */
async function decide(policy: RepositoryPolicy): Promise<readonly (string | undefined)[]> {
  const before = server.requests.length;
  const sources = await open(policy, DEFAULT_BRANCH_LIMITS);
  if ('kind' in sources) throw new Error(sources.message);
  for (const source of sources) {
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip', oid: tips[1] });
    const request = { want: tips[1] as Oid, have: tips[0] as Oid };
    expect(await source.fetchCommits(request)).toMatchObject({ kind: 'commits' });
  }
  return server.requests
    .slice(before)
    .map(({ command, headers }) => `${command} ${headers.authorization ?? ''}`.trim());
}

const policyFor = (changes: Partial<RepositoryPolicy> = {}) =>
  createPolicy('shop', { url: `${server.url}/${repository.name}`, credentials: null, ...changes });

describe('a process', () => {
  it('asks a server once what it offers: from then on a decision takes two requests', async () => {
    expect(await decide(policyFor())).toEqual(['advertisement', 'ls-refs', 'fetch']);
    expect(await decide(policyFor())).toEqual(['ls-refs', 'fetch']);
  });

  it('asks again after a failure, and counts it by its cause', async () => {
    const counted: string[] = [];
    open = countFailures(open, (cause) => counted.push(cause));
    await decide(policyFor());
    expect(counted).toEqual([]);
    server.fault = () => ({ kind: 'status', status: 503 });
    await expect(decide(policyFor())).rejects.toThrow();
    values = [];
    await expect(decide(policyFor({ credentials: { bearer: { secretRef: 'shop-token' } } }))).rejects.toThrow();
    expect(counted).toEqual(['server_error', 'missing_secret']);
    server.fault = null;
    expect(await decide(policyFor())).toEqual(['advertisement', 'ls-refs', 'fetch']);
  });

  it('keeps what it knows by credentials apart, and never sends one in place of another', async () => {
    const policy = policyFor({ credentials: { bearer: { secretRef: 'shop-token' } } });
    expect(new Set(await decide(policy))).toContain('advertisement Bearer s3cret');
    values = ['n3w', 's3cret'];
    expect(await decide(policy)).toEqual([
      ...['advertisement', 'ls-refs', 'fetch'].map((command) => `${command} Bearer n3w`),
      ...['ls-refs', 'fetch'].map((command) => `${command} Bearer s3cret`),
    ]);
    expect(await decide(policyFor())).toEqual(['advertisement', 'ls-refs', 'fetch']);
  });
});
