import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { acceptAppDelivery, createAppPolicy } from '../../support/app-deliveries.ts';
import { createBranchPolicy } from '../../support/policies.ts';

interface Example {
  readonly name: string;
  readonly examples: readonly object[];
}
// Its types describe another kind of module than it is, and its JSON is too large to be one that is type-checked.
const examples: readonly Example[] = createRequire(import.meta.url)('@octokit/webhooks-examples');

const POLICIES = [
  createAppPolicy('hello', 'https://github.com/codertocat/hello-world'),
  createAppPolicy('hello-world', 'https://github.com/Codertocat/Hello-World', 'acme', [
    createBranchPolicy({ name: 'master' }),
  ]),
];
const [push] = examples.flatMap(({ name, examples: payloads }) => (name === 'push' ? payloads : [])).filter(isOfBranch);

function isOfBranch(payload: object): boolean {
  return 'ref' in payload && String(payload.ref).startsWith('refs/heads/');
}

/** Where each value of a payload stands, whatever is inside included. */
function* pathsOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* pathsOf(inner, [...path, name]);
}

function replaceAt(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const fields = copy as Record<string, unknown>;
  fields[name] = replaceAt(fields[name], rest, by);
  return copy;
}

/** Queued, ignored, or refused as malformed: never an error of another kind, which would be answered with 500. */
async function outcomeOf(event: string, payload: unknown): Promise<string> {
  const body = JSON.stringify(payload) ?? 'undefined';
  const { outcome, hints } = await acceptAppDelivery({ event, body }, POLICIES);
  if (!(outcome instanceof Error)) {
    expect(hints.length > 0).toBe(outcome.status === 'queued');
    return outcome.status === 'queued' ? 'queued' : outcome.reason;
  }
  if (!(outcome instanceof HeadlockError) || outcome.kind !== 'input') throw outcome;
  return outcome.code;
}

describe("GitHub's own example deliveries", () => {
  it('are queued where they are pushes to what is guarded, and ignored otherwise', async () => {
    const counts: Record<string, number> = {};
    for (const { name, examples: payloads } of examples) {
      for (const payload of payloads) {
        const outcome = await outcomeOf(name, payload);
        const pushed = isOfBranch(payload) ? 'queued' : 'unguarded_tag';
        expect(outcome).toBe(name === 'push' ? pushed : name === 'ping' ? 'ping' : 'not_a_push');
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
    }
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBeGreaterThan(300);
    expect(counts).toMatchObject({ queued: 2, unguarded_tag: 5 });
  });

  it('are never an error of ours with any value of a wrong type, or missing', async () => {
    const wrong = [undefined, null, 0, 'x'.repeat(3_000), [[]], { toString: 1 }] as readonly unknown[];
    const outcomes = new Set<string>();
    let count = 0;
    for (const path of pathsOf(push)) {
      for (const value of wrong) {
        outcomes.add(await outcomeOf('push', replaceAt(push, path, value)));
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(700);
    expect([...outcomes].toSorted()).toEqual(['malformed_delivery', 'not_a_branch', 'queued']);
  });

  it('are queued without commits, and with any number of them', async () => {
    expect(await outcomeOf('push', replaceAt(push, ['commits'], undefined))).toBe('queued');
    expect(await outcomeOf('push', replaceAt(push, ['commits'], Array(20_000).fill({ id: 'x' })))).toBe('queued');
  });
});
