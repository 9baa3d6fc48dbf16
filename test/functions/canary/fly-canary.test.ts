import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CanaryOptions, flyCanary } from '../../../functions/canary/fly-canary.ts';
import type { CanaryPorts } from '../../../functions/canary/ports.ts';
import { HTTP_AGENTS } from '../../../shared/git/http-agents.ts';
import { createHttpTransport } from '../../../shared/git/http-transport.ts';
import { pushBranch } from '../../../shared/git/receive-pack/push-branch.ts';
import { readPrivateKey } from '../../../shared/git/ssh-private-key.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { useEmbeddedServices } from '../../support/embedded-services.ts';
import { createSshKey } from '../../support/signing.ts';
import { createSweptRepository, type SweptRepository } from '../../support/swept-repository.ts';

useEmbeddedServices();

let swept: SweptRepository;
let clock: number;
let naps: number;

beforeEach(async () => {
  swept = await createSweptRepository();
  await swept.git.run('branch', 'canary');
  [clock, naps] = [Date.UTC(2036, 5, 1), 0];
});
afterEach(() => swept.close());

function passTime(milliseconds: number): void {
  clock += milliseconds;
}

async function createOptions(keyPath = swept.keyPath): Promise<CanaryOptions> {
  const parsed = readPrivateKey(await readFile(keyPath, 'utf8'), null);
  const key = { publicKey: parsed.getPublicSSH(), sign: (bytes: Uint8Array) => parsed.sign(Buffer.from(bytes)) };
  return { ref: { repository: swept.name, branch: 'canary' }, key, patienceMs: 10_000 };
}

/** Pushes to a real server; while it sleeps, what was pushed is swept and decided. */
function createPorts(changes: Partial<CanaryPorts> = {}): CanaryPorts {
  const userAgent = 'headlock/test';
  const url = new URL(`${swept.server.url}/${swept.git.name}`);
  const service = 'git-receive-pack';
  const transport = createHttpTransport({ url, credentials: null, agents: HTTP_AGENTS, userAgent, service });
  return {
    branches: { read: ({ branch }) => swept.state(branch) },
    push: (push) => pushBranch(push, { transport, userAgent, signal: AbortSignal.timeout(20_000) }),
    now: () => new Date(clock),
    sleep: async (milliseconds) => {
      clock += milliseconds;
      naps += 1;
      await swept.sweep();
      await swept.decide();
    },
    ...changes,
  };
}

async function guardCanary(): Promise<void> {
  await swept.guard(['canary']);
  await swept.decide();
}

describe('the canary', () => {
  it('sees a signed commit trusted, an unsigned one locked, and the branch unlocked again; and so the next time', async () => {
    await guardCanary();
    for (const sequence of [2, 3]) {
      const flight = await flyCanary(await createOptions(), createPorts());
      expect(flight).toEqual({ trustedAfterMs: 1000, lockedAfterMs: 1000, unlockedAfterMs: 1000 });
      const { trusted, lock, sequence: reached } = await swept.state('canary');
      expect({ oid: trusted?.oid, lock, reached }).toEqual({
        oid: await swept.git.head('canary'),
        lock: null,
        reached: sequence,
      });
    }
  });

  it('is mended by the next flight where one was cut off after its unsigned commit', async () => {
    await guardCanary();
    let pushes = 0;
    const { push } = createPorts();
    const cutOff = createPorts({
      push: async (request) => {
        pushes += 1;
        if (pushes === 3) throw new Error('cut off');
        await push(request);
      },
    });
    await expect(flyCanary(await createOptions(), cutOff)).rejects.toThrow('cut off');
    expect(await swept.state('canary')).toMatchObject({ lock: { reason: 'unsigned' } });
    await expect(flyCanary(await createOptions(), createPorts())).resolves.toMatchObject({ trustedAfterMs: 1000 });
  });

  it('says so before all else where an unsigned commit is trusted', async () => {
    await guardCanary();
    let latest = '';
    const { push } = createPorts();
    const believing = createPorts({
      push: async (request) => {
        latest = request.to;
        await push(request);
      },
      // As if whatever is pushed were trusted.
      branches: {
        read: async ({ branch }) => {
          const state = await swept.state(branch);
          return latest === '' ? state : { ...state, lock: null, trusted: mintTrustedRevision(parseOid(latest)) };
        },
      },
    });
    await expect(flyCanary(await createOptions(), believing)).rejects.toMatchObject({
      code: 'bad_commit_trusted',
      message: expect.stringMatching(/canary TRUSTS [0-9a-f]{40}, which nobody signed\. Stop your agents/),
    });
    // The evidence stays where it is.
    expect(await swept.git.head('canary')).toBe(latest);
  });

  it('says why its signed commit is not trusted', async () => {
    await guardCanary();
    const stranger = await createSshKey();
    await expect(flyCanary(await createOptions(stranger.path), createPorts())).rejects.toMatchObject({
      code: 'good_commit_not_trusted',
      message: expect.stringMatching(/did not trust the signed commit [0-9a-f]{40} within 10 s\. It is Locked\. .+key/),
    });
    await stranger.cleanup();
    expect(naps).toBe(10);
  });

  it('gives up where nothing is decided', async () => {
    await guardCanary();
    const asleep = createPorts({ sleep: async (milliseconds) => passTime(milliseconds) });
    await expect(flyCanary(await createOptions(), asleep)).rejects.toMatchObject({ code: 'good_commit_not_trusted' });
  });

  it.each([
    ['locked', 2, 'bad_commit_not_locked'],
    ['unlocked', 3, 'branch_not_unlocked'],
  ] as const)('gives up where the branch is not %s', async (_, lastDecided, code) => {
    await guardCanary();
    let pushes = 0;
    const { push, sleep } = createPorts();
    const ports = createPorts({
      push: async (request) => {
        pushes += 1;
        await push(request);
      },
      sleep: async (milliseconds) => (pushes < lastDecided ? sleep(milliseconds) : passTime(milliseconds)),
    });
    await expect(flyCanary(await createOptions(), ports)).rejects.toMatchObject({ code });
  });

  it('says what is to be set up where nothing is trusted yet', async () => {
    await swept.guard(['canary']);
    await expect(flyCanary(await createOptions(), createPorts())).rejects.toMatchObject({
      code: 'canary_not_ready',
      message: expect.stringContaining('headlock apply'),
    });
  });
});
