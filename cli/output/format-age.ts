const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** How long ago, in one unit: `12s`, `3m`, `5h`, `90d`. */
export function formatAge(time: string, now: Date): string {
  const milliseconds = Math.max(0, now.getTime() - Date.parse(time));
  const [unit, size] = UNITS.find(([, length]) => milliseconds >= length) ?? ['s', 1000];
  return `${Math.floor(milliseconds / size)}${unit}`;
}
