/** A guarded branch. Neither part can contain `:`, so `:` joins them in database keys. */
export interface BranchRef {
  readonly repository: string;
  readonly branch: string;
}

const MAX_NAME_BYTES = 255;

/** Repository names of `headlock.yaml`: `[a-z0-9][a-z0-9._-]*`, at most 100 characters. */
export function isRepositoryName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,99}$/.test(name);
}

/** Branch names as `git check-ref-format --branch` accepts them, without `@{-n}`. */
export function isBranchName(name: string): boolean {
  if (name.length === 0 || Buffer.byteLength(name) > MAX_NAME_BYTES || name === '@' || name === 'HEAD') return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids control characters in ref names.
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|[/.]$|^-/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

export function refNameOf(branch: string): string {
  return `refs/heads/${branch}`;
}

/** The branch of a full ref name, or null where the ref is no branch or no legal one. */
export function branchOfRefName(refName: string): string | null {
  const prefix = 'refs/heads/';
  if (!refName.startsWith(prefix)) return null;
  const branch = refName.slice(prefix.length);
  return isBranchName(branch) ? branch : null;
}

/** `payments-manifests@main`, as people read it. */
export function formatBranchRef(ref: BranchRef): string {
  return `${ref.repository}@${ref.branch}`;
}
