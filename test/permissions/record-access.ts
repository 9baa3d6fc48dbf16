/**
 * Notes what each process of the tests was allowed and denied, once each, in the file of the run. Vitest loads it before
 * every file of tests, and `spawnHeadlock` into the commands that it starts.
 */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { DecidedAccess } from '../../infra/local/iam/access-control.ts';
import { listUsedGrants, nameOf } from './grants.ts';
import { RECORD_VARIABLE, type RecordedLine } from './run-record.ts';

const record = process.env[RECORD_VARIABLE] ?? '';
const known = new Set<string>();
let areDenialsExpected = false;

/** From now on, in this process. For tests that prove that something is denied. */
export function expectDenials(): void {
  areDenialsExpected = true;
}

function note(line: RecordedLine): void {
  const text = JSON.stringify(line);
  if (record === '' || known.has(text)) return;
  known.add(text);
  // A process may be killed at any time: the line is in the file at once, whole.
  appendFileSync(record, `${text}\n`);
}

/** What of an access decides which grants it uses; two that agree in this need be looked at once. */
function kindOf({ principal, request, resourceName, decision }: DecidedAccess): string {
  const { action, context } = request;
  const leading = (context['dynamodb:LeadingKeys'] ?? []).map((key) => key.split(':')[0]);
  const purpose = context['kms:EncryptionContext:headlock:purpose'] ?? [];
  const through = context['kms:ViaService'] ?? [];
  return [decision, principal, action, nameOf(resourceName), ...new Set(leading), ...purpose, ...through].join(' ');
}

const seen = new Set<string>();

subscribe('headlock:access', (message) => {
  const access = message as DecidedAccess;
  const kind = kindOf(access);
  if (seen.has(kind)) return;
  seen.add(kind);
  if (access.decision === 'allowed') for (const grant of listUsedGrants(access)) note({ used: grant });
  else if (!areDenialsExpected) note({ denied: kind });
});
