import { HeadlockError } from './headlock-error.ts';

/** One mistake in a policy. */
export interface PolicyProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

/** All mistakes of a policy at once. */
export class PolicyError extends HeadlockError<'invalid_policy'> {
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[]) {
    const lines = problems.map(({ file, line, message }) => `${file}:${line}: ${message}`);
    super('invalid_policy', lines.join('\n'), { kind: 'configuration' });
    this.problems = problems;
  }
}
