const WIDTH = 24;

/** `Proving signatures  ██████░░░░░░  25 %  (25,000 of 100,000)`; without a total, how many so far. */
export function formatProgress(what: string, done: number, total: number | null): string {
  const number = (value: number) => value.toLocaleString('en-US');
  if (total === null || total === 0) return `${what}: ${number(done)} …`;
  const share = Math.min(1, done / total);
  const filled = Math.floor(share * WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  return `${what}  ${bar}  ${Math.floor(share * 100)} %  (${number(done)} of ${number(total)})`;
}
