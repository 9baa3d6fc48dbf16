import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_POLICY_BYTES } from '../../shared/model/limits.ts';
import type { RepositoryPolicy } from '../../shared/model/policy.ts';
import { PolicyError, type PolicyProblem } from '../../shared/model/policy-error.ts';
import { type LineOf, listSignatories, parsePolicyFile, type RepositoryEntry } from '../../shared/model/policy-file.ts';
import type { Signatory } from '../../shared/model/signatory.ts';
import { compileKeyFiles } from '../../shared/signatures/openpgp/compile-certificates.ts';
import type { CompileKeyFiles } from './certificate-cache.ts';
import { createSshFiles } from './read-ssh-file.ts';
import { readTransport } from './read-transport.ts';
import { resolveSignatories } from './resolve-signatory.ts';

/** One repository of a policy file with its keys compiled, and the files read by which its forge is known. */
export interface ReadPolicy {
  readonly policy: RepositoryPolicy;
  readonly signatories: readonly Signatory[];
  /** What a person should know, and what hinders nothing. */
  readonly warnings: readonly string[];
  readonly lineOf: LineOf;
}

/**
 * Reads a `headlock.yaml` and every file and key that it names, which `compile` may have compiled before.
 * @throws PolicyError with all problems of the file and of its keys at once
 * @throws HeadlockError `missing_policy`
 */
export async function readPolicy(
  path: string,
  compile: CompileKeyFiles = compileKeyFiles,
): Promise<readonly ReadPolicy[]> {
  const text = await readText(path);
  const sshFiles = createSshFiles(dirname(path));
  const { entries, problems } = parse(text, path);
  const repositories = entries?.map(({ signatories }) => signatories) ?? [listReadable(text, path)];
  const resolved = await Promise.all(
    repositories.map((signatories) => resolveSignatories(signatories, compile, sshFiles, dirname(path))),
  );
  const transports = await Promise.all((entries ?? []).map((entry) => readTransport(entry, dirname(path))));
  const fileProblems = [...resolved.flat(), ...transports].flatMap((one) =>
    one.problems.map((each) => ({ file: path, ...each })),
  );
  if (entries === null || fileProblems.length > 0) {
    throw new PolicyError([...problems, ...fileProblems].toSorted((one, other) => one.line - other.line));
  }
  return transports.map(({ policy, lineOf }, index) => {
    const own = resolved[index] ?? [];
    const warnings = [...new Set(own.flatMap((one) => one.warnings))];
    return { policy, signatories: own.map(({ signatory }) => signatory), warnings, lineOf };
  });
}

function parse(
  text: string,
  path: string,
): { readonly entries: readonly RepositoryEntry[] | null; readonly problems: readonly PolicyProblem[] } {
  try {
    return { entries: parsePolicyFile(text, path), problems: [] };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { entries: null, problems: error.problems };
  }
}

/** None where the text is no YAML, which `parse` has told. */
function listReadable(text: string, path: string): ReturnType<typeof listSignatories> {
  try {
    return listSignatories(text, path);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return [];
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= MAX_POLICY_BYTES) return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const message = `The policy ${path} cannot be read (${reason}). Name another one with -f.`;
    throw new HeadlockError('missing_policy', message, { kind: 'configuration', cause });
  }
  throw new PolicyError([
    { file: path, line: 1, message: `The file is larger than ${MAX_POLICY_BYTES} bytes. Split it.` },
  ]);
}
