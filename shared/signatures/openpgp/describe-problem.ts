/** An error over the operator's own public file, for the operator: one bounded line of printable ASCII. */
export function describeProblem(error: unknown): string {
  return String(error)
    .replace(/^\w*Error: /, '')
    .slice(0, 200)
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/\.$/, '');
}
