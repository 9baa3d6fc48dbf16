/** Tells what a pattern of a policy matches: `*` is any text, also none, and `?` one character. */
export function compileWildcard(pattern: string): (text: string) => boolean {
  if (pattern === '*') return () => true;
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const [start = '', ...rest] = pattern.split('*');
  if (rest.length === 1 && rest[0] === '' && !start.includes('?')) return (text) => text.startsWith(start);
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 'su');
  return (text) => expression.test(text);
}
