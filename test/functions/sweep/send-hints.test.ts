import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { sendHints } from '../../../functions/sweep/send-hints.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { allTagsOf } from '../../../shared/model/tag-ref.ts';
import type { DecisionHint } from '../../../shared/queue/decision-queue.ts';
import { createDynamoBranchStore } from '../../../shared/store/dynamo-branch-store.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoPolicyStore } from '../../../shared/store/dynamo-policy-store.ts';
import { createDynamoTagStore } from '../../../shared/store/dynamo-tag-store.ts';
import { createGuardedTags } from '../../../shared/trust/apply-tags.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';

useEmbeddedServices();

const CHANGE = { policyVersion: 1, actor: 'a test', now: '2026-06-01T00:00:00.000Z', url: null, exceptions: {} };

describe('sendHints', () => {
  it('sends one hint for every branch, also where one is retired and may owe something, or corrupt (rule 5.2)', async () => {
    const client = createDynamoClient();
    const policies = createDynamoPolicyStore(client, TABLE);
    const branches = createDynamoBranchStore(client, TABLE);
    const guard = async (repository: string, states: readonly (Partial<BranchState> & { branch: string })[]) => {
      const policy = {
        repository,
        verifier: 'https://v.example.com',
        url: 'https://f.example.com/x',
        provider: 'generic',
        credentials: null,
        webhook: null,
        commitStatus: null,
        certificateAuthority: null,
        apiUrl: null,
        accepted: [],
        denied: [],
        tags: [],
        compromisedKeys: [],
        branches: [],
      } as const;
      await policies.add(policy, [], 0);
      for (const { branch, ...changes } of states) {
        await branches.write(createBranchState({ ...changes, ref: { repository, branch }, version: 0 }));
      }
    };
    await guard('shop', [{ branch: 'main' }, { branch: 'staging' }]);
    await guard('tools', [{ branch: 'main' }, { branch: 'owing', retired: true }]);
    // One item that cannot be read hides no other.
    const damaged = { pk: 'branch:tools', sk: 'damaged', version: 'none' };
    await client.send(new PutItemCommand({ TableName: TABLE, Item: marshall(damaged) }));

    const hints: DecisionHint[] = [];
    // All tags of a repository are looked at together.
    const tags = createDynamoTagStore(client, TABLE);
    await tags.guarded.write(createGuardedTags(allTagsOf('shop'), CHANGE));
    const sent = await sendHints('2026-06-01T00:00:00Z', {
      policies,
      branches,
      tags,
      queue: { send: async (hint) => void hints.push(hint) },
    });
    expect(sent).toBe(6);
    expect(hints.map(({ ref }) => `${ref.repository}@${ref.branch}`).sort()).toEqual([
      'shop@main',
      'shop@refs/tags',
      'shop@staging',
      'tools@damaged',
      'tools@main',
      'tools@owing',
    ]);
    expect(new Set(hints.map(({ delivery }) => delivery))).toEqual(new Set(['sweep:2026-06-01T00:00:00Z']));
  });
});
