import type { GitRepository } from '../support/git-repository.ts';

/** Commits on the branch `main` of the history that the bench makes. */
export const LARGE_HISTORY_COMMITS = 80_001;

/** Every so many commits a side branch of two is merged. */
const MERGE_EVERY = 10;
const FOLDERS = 40;
const FILES = 25;

/**
 * Makes a history as a monorepo has it: a file changed in each commit, messages of some lines, a merge of a side branch in
 * every ten, and packs, bitmaps and commit graph as a forge keeps them.
 */
export async function createLargeHistory(repository: GitRepository): Promise<void> {
  const commits = Array.from({ length: LARGE_HISTORY_COMMITS }, (_, number) => describeCommit(number));
  await repository.pipe(commits.join(''), 'fast-import', '--quiet');
  await repository.run('repack', '-adbq');
  await repository.run('commit-graph', 'write', '--reachable');
}

/** One commit in the language of git fast-import; its mark is its number plus one. */
function describeCommit(number: number): string {
  const inSide = number % MERGE_EVERY;
  const isSide = inSide === 7 || inSide === 8;
  const from = inSide === 7 ? number : inSide === 9 ? number - 2 : number;
  const parents = number === 0 ? '' : `from :${from}\n${inSide === 9 ? `merge :${number}\n` : ''}`;
  const time = 1_500_000_000 + number * 600;
  const message = `component-${number % 97}: change what it does in the ${number}th way\n\n${'Why this is so, in words. '.repeat(1 + (number % 12))}\n\nSigned-off-by: Alice <alice@example.com>\n`;
  const content = `value: ${number}\n`.repeat(1 + (number % 30));
  return (
    `commit refs/heads/${isSide ? 'side' : 'main'}\nmark :${number + 1}\n` +
    `author Alice ${number % 53} <alice@example.com> ${time} +0100\ncommitter Bob <bob@example.com> ${time} +0100\n` +
    `${data(message)}${parents}M 100644 inline folder-${number % FOLDERS}/file-${number % FILES}.yaml\n${data(content)}\n`
  );
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;
