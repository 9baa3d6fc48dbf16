import type { SourceUnreachable } from '../git/commit-source.ts';

/** Asks the sources of one repository in turn: while a credential rotates, the former value still counts. */
export async function askSources<Source, Answer extends { readonly kind: string }>(
  sources: readonly Source[],
  ask: (source: Source) => Promise<Answer | SourceUnreachable>,
): Promise<{ readonly source: Source; readonly answer: Answer | SourceUnreachable }> {
  let refused: { readonly source: Source; readonly answer: SourceUnreachable } | null = null;
  for (const source of sources) {
    const answer = await ask(source);
    if (!isRefused(answer)) return { source, answer };
    refused ??= { source, answer };
  }
  if (refused === null) throw new Error('A repository has at least one source.');
  return refused;
}

/** Whether other credentials might be taken. */
export function isRefused(answer: { readonly kind: string } | SourceUnreachable): answer is SourceUnreachable {
  return answer.kind === 'unreachable' && 'cause' in answer && answer.cause === 'refused_credentials';
}
