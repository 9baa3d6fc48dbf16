import { expect, it } from 'vitest';
import { describeLog } from '../../../cli/output/describe-log.ts';
import { createStyle } from '../../../cli/output/style.ts';
import type { AuditEvent } from '../../../shared/model/audit-event.ts';

const EVENT: AuditEvent = {
  kind: 'policy_changed',
  at: '2026-11-21T10:15:00.000Z',
  sequence: 3,
  actor: 'local operator ana',
  message: 'Version 2.',
  details: {},
};
const lineOf = (event: Partial<AuditEvent>) => describeLog([{ ...EVENT, ...event }], createStyle(false)).split('\n')[1];

it('gives each event a line: time, event, sequence, revision, who and what', () => {
  const details = { revision: 'a'.repeat(40), previous: 'b'.repeat(40) };
  expect(lineOf({ kind: 'advanced', actor: 'headlock', message: 'It advanced.', details })).toBe(
    '2026-11-21 10:15:00 UTC  advanced  3         aaaaaaaaaaaa  headlock  It advanced.',
  );
});

it('tells what an operator accepts, denies and calls compromised (rules 2.7, 3.3), bounded', () => {
  const details = { accepted: 'abc: CHG-7', compromisedKeys: 'x'.repeat(500), policyVersion: '2' };
  expect(lineOf({ details })).toMatch(
    / local operator ana {2}Version 2\. \[accepted\] abc: CHG-7 \[compromisedKeys\] x{200}…$/,
  );
});

it('shows names as claims: what a terminal acts on is replaced', () => {
  expect(lineOf({ actor: 'ana\u001b[31m\nroot' })).toContain('ana\ufffd[31m\ufffdroot');
});
