/** A word as a POSIX shell takes it, to be copied into one. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** ` --data <folder>`, or nothing for the folder that is taken without it. */
export function dataOption(dataFolder: string): string {
  return dataFolder === '.headlock' ? '' : ` --data ${quoteForShell(dataFolder)}`;
}
