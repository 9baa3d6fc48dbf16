import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { synthesizeForTests } from './synthesized-stacks.ts';

const stacks = synthesizeForTests();

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The resources of a stack by logical id without its hash. */
function listResources(stack: 'state' | 'service'): readonly (Resource & { readonly id: string })[] {
  const resources = Object.entries<Resource>(stacks()[stack].toJSON().Resources);
  return resources.map(([id, resource]) => ({ id: id.replace(/[0-9A-F]{8}$/, ''), ...resource }));
}

/** Types that hold what cannot be made again. */
const STATE = /^AWS::(?:DynamoDB|KMS::Key|S3|RDS|EFS|SecretsManager|SSM)/;

// Trust rule 5.6: state outlives configuration, and a sequence never restarts.
describe('what is removed', () => {
  it('is no state: whatever cannot be made again outlives its stack, and its own replacement', () => {
    const holding = [...listResources('state'), ...listResources('service')].filter(({ Type: type }) =>
      STATE.test(type),
    );
    expect(holding.length).toBeGreaterThanOrEqual(3);
    for (const { id, DeletionPolicy: onDeletion, UpdateReplacePolicy: onReplacement } of holding) {
      expect([id, onDeletion, onReplacement]).toEqual([id, 'Retain', 'Retain']);
    }
  });

  it('is all of the service, so that nothing is left of it that costs or that its next deployment stumbles over', () => {
    const kept = listResources('service').filter(({ DeletionPolicy: policy = 'Delete' }) => policy !== 'Delete');
    expect(kept).toEqual([]);
  });

  it('is the state stack only by someone who takes its protection away first', () => {
    const isProtected = Object.fromEntries(
      stacks().app.node.children.flatMap((child) =>
        'terminationProtection' in child ? [[child.node.id, (child as Stack).terminationProtection]] : [],
      ),
    );
    expect(isProtected).toEqual({ 'headlock-state': true, 'headlock-service': false });
    for (const { Properties } of Object.values(stacks().state.findResources('AWS::DynamoDB::Table'))) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
    }
  });

  it('leaves what docs/deploying.md says', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../docs/deploying.md'), 'utf8');
    const [, section = ''] = /^## Removing it\n([\s\S]*?)(?=^## )/m.exec(text) ?? [];
    const told = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, id]) => id);
    const kept = listResources('state').filter(({ DeletionPolicy: policy }) => policy === 'Retain');
    expect(told.sort()).toEqual(kept.map(({ id }) => id).sort());
  });
});
