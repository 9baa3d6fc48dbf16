import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { askGit } from '../../shared/git/git-process.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import { MAX_KEY_FILE_BYTES } from '../../shared/model/limits.ts';
import { isOid, type Oid } from '../../shared/model/oid.ts';
import type { SignatureFormat } from '../../shared/model/verdict.ts';
import { describeOpenPgpId } from '../../shared/signatures/describe-key.ts';
import type { KeyCandidate } from '../audit/audit-report.ts';
import type { FoundCertificate, FoundKeys, FoundSshKey, KeyPlace } from '../audit/found-key.ts';
import { readKeyText } from '../audit/read-key-text.ts';
import type { SignerUse } from '../audit/signers.ts';
import type { CompileKeyFiles } from '../policy/certificate-cache.ts';
import { readBlob } from './read-blob.ts';

/** A key file, wherever it is from. */
export interface KeyText {
  readonly place: KeyPlace;
  readonly text: Uint8Array;
}

/** @throws HeadlockError `no_such_path` */
export async function readKeyPaths(paths: readonly string[]): Promise<readonly KeyText[]> {
  const files = (await Promise.all(paths.map(listFiles))).flat();
  return Promise.all(
    files.map(
      async (location) =>
        ({ place: { kind: 'file', location, user: null, own: null }, text: await readBounded(location) }) as const,
    ),
  );
}

/** A folder's files, hidden ones and folders left out. */
async function listFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    const message = `There is no file or folder ${path}. Name key files, or folders of them, with --keys.`;
    throw new HeadlockError('no_such_path', message, { kind: 'input' });
  }
  if (!found.isDirectory()) return [path];
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => join(path, name))
    .toSorted();
}

async function readBounded(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size <= MAX_KEY_FILE_BYTES) return readFile(path);
  throw new HeadlockError('too_large', `${path} is larger than ${MAX_KEY_FILE_BYTES} bytes. Split it.`, {
    kind: 'input',
  });
}

/** Reads key files, and compiles of OpenPGP what signed: a keyring of thousands costs no more than those. */
export async function compileKeys(
  files: readonly KeyText[],
  signers: readonly SignerUse[],
  compile: CompileKeyFiles,
): Promise<FoundKeys> {
  const wanted = new Set(signers.map(({ signer }) => signer.id));
  const problems: string[] = [];
  const sshKeys: FoundSshKey[] = [];
  const certificates: Omit<FoundCertificate, 'keys'>[] = [];
  for (const { place, text } of files) {
    const read = readKeyText(text);
    // A forge has a text for those who have no key.
    const complaints =
      place.kind === 'forge' && read.certificates.length + read.sshKeys.length === 0 ? [] : read.problems;
    problems.push(...complaints.map((problem) => `${place.location}: ${problem}`));
    sshKeys.push(...read.sshKeys.map((found) => ({ ...found, format: 'ssh', place }) as const));
    for (const { ids, ...certificate } of read.certificates) {
      if (!ids.some((id) => wanted.has(id))) continue;
      certificates.push({ ...certificate, format: 'openpgp', place, companions: read.certificates.length });
    }
  }
  const compiled = await compile(certificates.map(({ bytes }) => bytes));
  return {
    certificates: certificates.map((certificate, index) => ({ ...certificate, keys: compiled[index]?.keys ?? [] })),
    sshKeys,
    problems: [
      ...problems,
      ...certificates.flatMap(({ place }, index) =>
        (compiled[index]?.problems ?? []).map((problem) => `${place.location}: ${problem}`),
      ),
    ],
  };
}

const PLACES = [
  ...['keys', '.keys', 'KEYS', 'gpg', '.gpg', 'pgp', '.github', '.gitlab', '.gitea', '.forgejo'],
  ...['SIGNERS', 'allowed_signers', '.allowed_signers', 'keyring.gpg', 'MAINTAINERS.asc'],
];
const KEY_NAME = /(?:\.(?:asc|gpg|pgp|pub|key|keys)|KEYS|SIGNERS|allowed_signers)$/i;
const MAX_CANDIDATES = 100;
const MAX_CANDIDATE_BYTES = 1024 * 1024;

/** Key files at the usual places of a repository's own tree. Whoever pushes can change these: they are shown, never used. */
export async function findCandidates(
  repository: string,
  tip: Oid,
  searchPath: string,
  signers: readonly SignerUse[],
): Promise<readonly KeyCandidate[]> {
  // A repository that lacks its trees has none.
  const args = ['ls-tree', '--full-tree', '-r', '-l', '-z', tip, '--', ...PLACES];
  const { output } = await askGit(repository, searchPath, args);
  const entries = output.split('\0').flatMap((line) => {
    const [, id, size, path = ''] = /^\d+ blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line) ?? [];
    return id !== undefined && isOid(id) && Number(size) <= MAX_CANDIDATE_BYTES && KEY_NAME.test(path)
      ? [{ id, path }]
      : [];
  });
  const candidates: KeyCandidate[] = [];
  for (const { id, path } of entries.slice(0, MAX_CANDIDATES)) {
    const text = await readBlob(repository, id, searchPath);
    if (text === null) continue;
    const { certificates, sshKeys } = readKeyText(text);
    const ids = new Set([...certificates.flatMap((one) => one.ids), ...sshKeys.map(({ key }) => key.fingerprint)]);
    const held = signers.filter(({ signer }) => signer.id !== null && ids.has(signer.id));
    if (certificates.length + sshKeys.length === 0) continue;
    candidates.push({
      path,
      keys: [...new Set(held.map(({ signer: { format, id } }) => nameSigner(format, String(id))))],
      commits: held.reduce((total, { commits }) => total + commits, 0),
    });
  }
  return candidates;
}

function nameSigner(format: SignatureFormat, id: string): string {
  return format === 'openpgp' ? describeOpenPgpId(id) : id;
}
