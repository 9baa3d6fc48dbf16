/**
 * The parents of numbered commits, as numbers. They stand in one list: a hundred thousand small arrays take longer to keep
 * than a decision takes to make.
 */
export class ParentLists {
  readonly #parents: number[] = [];
  /** Where in that list those of each commit end. */
  readonly #ends: number[] = [];

  /** Gives a parent to the commit that comes next. */
  add(parent: number): void {
    this.#parents.push(parent);
  }

  /** The next commit has all its parents. */
  endCommit(): void {
    this.#ends.push(this.#parents.length);
  }

  some(commit: number, test: (parent: number) => boolean): boolean {
    const end = this.#ends[commit] as number;
    for (let index = commit === 0 ? 0 : (this.#ends[commit - 1] as number); index < end; index += 1)
      if (test(this.#parents[index] as number)) return true;
    return false;
  }

  forEach(commit: number, visit: (parent: number) => void): void {
    const end = this.#ends[commit] as number;
    for (let index = commit === 0 ? 0 : (this.#ends[commit - 1] as number); index < end; index += 1)
      visit(this.#parents[index] as number);
  }
}
