/**
 * Gaussian elimination over GF(2), column 1 being bit 1 of each row.
 * @returns independent rows that follow from the given ones and have bits up to column `keep` alone
 * @throws Error where the rows contradict each other
 */
export function reduceRows(rows: readonly bigint[], columns: number, keep: number): bigint[] {
  let rest = [...rows];
  const kept: bigint[] = [];
  for (let column = columns; column >= 1; column--) {
    const bit = 1n << BigInt(column);
    const pivot = rest.find((row) => (row & bit) !== 0n);
    if (pivot === undefined) continue;
    rest = rest.filter((row) => row !== pivot).map((row) => ((row & bit) === 0n ? row : row ^ pivot));
    if (column <= keep) kept.push(pivot);
  }
  if (rest.includes(1n)) throw new Error('The rows contradict each other.');
  return kept;
}
