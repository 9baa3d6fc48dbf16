/** `npm run permissions`: who × allowed action × on what × whether the latest whole run of the tests used it. */
import { existsSync } from 'node:fs';
import { formatTable } from '../../cli/output/format-table.ts';
import { PROJECT } from '../../infra/local/connection.ts';
import { readAssembly } from '../../infra/local/runtime/assembly.ts';
import { synthesize } from '../../infra/local/runtime/synthesize.ts';
import { listGrants } from './grants.ts';
import { readPrincipals } from './principals.ts';
import { LATEST_FILE, readRecord } from './run-record.ts';
import { UNUSED_GRANTS } from './unused-grants.ts';

if (!existsSync(LATEST_FILE)) {
  console.error('No whole run of the tests is recorded yet: run `npm test` first.');
  process.exit(2);
}
const { used } = readRecord(LATEST_FILE);
const rows: string[][] = [['WHO', 'MAY', 'ON', 'OF KIND', 'USED']];
let usedCount = 0;
const principals = readPrincipals(await readAssembly(await synthesize(PROJECT)));
for (const [principal, statements] of [...principals].sort(([left], [right]) => left.localeCompare(right))) {
  /** Whether used, by what differs in nothing but the kind. */
  const lines = Map.groupBy(new Set(listGrants(principal, statements)), (grant) => {
    const [, action = '', resource = ''] = grant.split(' ');
    return [action, resource, describeUse(grant)].join(' ');
  });
  for (const grants of lines.values()) {
    const [first = ''] = grants;
    const [, action = '', resource = ''] = first.split(' ');
    const kinds = grants.map((grant) => grant.split(' ').slice(3).join(' ')).join(' ');
    rows.push([principal, action, resource, kinds || '–', describeUse(first)]);
    usedCount += grants.filter((grant) => used.has(grant)).length;
  }
}
console.log(formatTable(rows));
const reasons = Object.entries(UNUSED_GRANTS);
if (reasons.length > 0) console.log(`\n${formatTable([['UNUSED', 'BECAUSE'], ...reasons])}`);
console.log(`\n${usedCount} grants used, ${reasons.length} not, each with its reason.`);

function describeUse(grant: string): string {
  if (used.has(grant)) return 'yes';
  return Object.hasOwn(UNUSED_GRANTS, grant) ? 'no, see below' : 'NO';
}
