/** `npm run cost`: counts, prices and months; with `--write` into docs/cost.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { COST_PAGE, fillIn } from './page.ts';
import { countScenarios } from './scenarios.ts';
import { writeCounts, writeMonth, writePrices } from './tables.ts';

const counted = await countScenarios();
const tables = { counts: writeCounts(counted), months: writeMonth(counted), prices: writePrices() };
for (const table of Object.values(tables)) console.log(`${table}\n`);
if (process.argv.includes('--write')) await writeFile(COST_PAGE, fillIn(await readFile(COST_PAGE, 'utf8'), tables));
