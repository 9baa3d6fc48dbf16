import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatAlertMessage } from '../../shared/alerts/format-alert.ts';

const OPERATIONS = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

it('the filter that docs/operations.md shows names what alerts hold, and lets alarms through, which have no attributes', () => {
  const [, attributes = ''] = /--attributes '(\{.*?\n\})'\n```/s.exec(OPERATIONS) ?? [];
  const { FilterPolicyScope: scope, FilterPolicy: text } = JSON.parse(attributes);
  expect(scope).toBe('MessageBody');
  const repository = 'payments-manifests';
  const alert = JSON.parse(
    formatAlertMessage('id', {
      event: 'locked',
      ref: { repository, branch: 'main' },
      severity: 'critical',
      title: 'locked',
      description: 'locked',
      nextSteps: [],
    }),
  );
  expect(JSON.parse(text)).toEqual({
    $or: [
      { AlarmName: [{ exists: true }] },
      { metadata: { additionalContext: { repository: [alert.metadata.additionalContext.repository] } } },
    ],
  });
});
