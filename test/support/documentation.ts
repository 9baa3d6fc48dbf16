import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One block of code of a page. */
export interface CodeBlock {
  /** The nearest heading above it. */
  readonly heading: string;
  readonly language: string;
  readonly text: string;
}

/** The blocks of a page of `docs`, in order. */
export async function readCodeBlocks(page: string): Promise<readonly CodeBlock[]> {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', page), 'utf8');
  const blocks: CodeBlock[] = [];
  let heading = '';
  for (const [, title, language, code = ''] of text.matchAll(/^#+ ([^\n]*)$|^```(\w+)\n(.*?)^```/gms)) {
    if (title !== undefined) heading = title;
    else blocks.push({ heading, language: language ?? '', text: code });
  }
  return blocks;
}
