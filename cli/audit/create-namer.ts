/** Makes names unique: `Alice`, `Alice (2)`. As fast for a hundred thousand keys of one name as for two. */
export function createNamer(
  number: (name: string, count: number) => string = numberInBrackets,
): (name: string) => string {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (name) => {
    let unique = name;
    while (taken.has(unique)) {
      const count = (counts.get(name) ?? 1) + 1;
      counts.set(name, count);
      unique = number(name, count);
    }
    taken.add(unique);
    return unique;
  };
}

function numberInBrackets(name: string, count: number): string {
  return `${name} (${count})`;
}
