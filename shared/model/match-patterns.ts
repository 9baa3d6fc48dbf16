/**
 * Whether a list of patterns as OpenSSH writes them (ssh_config(5), PATTERNS) takes a text: `*` stands for any characters, `?`
 * for one, and a pattern behind `!` that matches refuses whatever the others say.
 */
export function matchesPatterns(text: string, patterns: string): boolean {
  const list = patterns.split(',');
  if (list.some((pattern) => pattern.startsWith('!') && matchesPattern(text, pattern.slice(1)))) return false;
  return list.some((pattern) => !pattern.startsWith('!') && matchesPattern(text, pattern));
}

/** In time that is at worst the product of both lengths. */
function matchesPattern(text: string, pattern: string): boolean {
  let [at, from, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[from] === '*') {
      [star, resume] = [from, at];
      from += 1;
    } else if (pattern[from] === '?' || pattern[from] === text[at]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      resume += 1;
      [at, from] = [resume, star + 1];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(from));
}
