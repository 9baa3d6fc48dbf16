import { COUNTED, type Counted, type Counts } from './counts.ts';
import { dollarsOf, quantitiesOf, type Size } from './month.ts';
import { PRICES, type Priced } from './prices.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

type AllCounts = Readonly<Record<Scenario, Counts>>;

export const SIZES: readonly Size[] = [
  { repositories: 10, agents: 100, pollSeconds: 30 },
  { repositories: 1_000, agents: 100, pollSeconds: 30 },
  { repositories: 10, agents: 10_000, pollSeconds: 30 },
  { repositories: 1_000, agents: 10_000, pollSeconds: 30 },
  { repositories: 1_000, agents: 10_000, pollSeconds: 300 },
];

const COUNTED_NAMES = Object.keys(COUNTED) as Counted[];
const PRICED = Object.keys(PRICES) as Priced[];

export function writeCounts(counted: AllCounts): string {
  const rows = SCENARIOS.map((name) => [name, ...COUNTED_NAMES.map((each) => String(counted[name][each]))]);
  return writeTable(['', ...Object.values(COUNTED)], rows);
}

/** What a page says of each scenario, as `writeCounts` wrote it. */
export function readCounts(page: string): ReadonlyMap<string, Counts> {
  const lines = [...page.matchAll(/^\| (\w[^|]*) \|(( [\d.]+ \|)+)$/gm)];
  return new Map(
    lines.map(([, name = '', cells = '']) => {
      const values = cells.split('|').map(Number);
      return [name, Object.fromEntries(COUNTED_NAMES.map((each, n) => [each, values[n]])) as Record<Counted, number>];
    }),
  );
}

export function writeMonth(counted: AllCounts): string {
  const dollars = SIZES.map((size) => dollarsOf(quantitiesOf(size, counted)));
  const total = (of: Readonly<Record<Priced, number>>) => PRICED.reduce((sum, each) => sum + of[each], 0);
  const rows = PRICED.map((each) => [PRICES[each].unit, ...dollars.map((of) => of[each].toFixed(2))]);
  const titles = SIZES.map(
    ({ repositories, agents, pollSeconds }) =>
      `${repositories.toLocaleString('en')} repositories, ${agents.toLocaleString('en')} agents every ${pollSeconds} s`,
  );
  return writeTable(
    ['US dollars a month', ...titles],
    [...rows, ['**all**', ...dollars.map((of) => `**${total(of).toFixed(0)}**`)]],
  );
}

export function writePrices(): string {
  const rows = Object.values(PRICES).map(({ unit, usd, per, source }) => [
    unit,
    `${usd}${per === 1 ? '' : ` a ${per.toLocaleString('en')}`}`,
    source,
  ]);
  return writeTable(['what', 'US dollars', 'read at'], rows);
}

function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
