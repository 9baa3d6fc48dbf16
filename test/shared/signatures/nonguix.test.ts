import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseCommit } from '../../../shared/git/parse-commit.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { parseOid } from '../../../shared/model/oid.ts';
import type { KeyTime } from '../../../shared/model/signatory.ts';
import type { Refusal, SignatureEvidence } from '../../../shared/model/verdict.ts';
import { createKeyring, type Keyring } from '../../../shared/signatures/keyring.ts';
import { compileCertificates } from '../../../shared/signatures/openpgp/compile-certificates.ts';
import { splitCommit } from '../../../shared/signatures/split-commit.ts';
import { verifySignature } from '../../../shared/signatures/verify-signature.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { describeWithSharedData, sharedData } from '../../support/shared-data.ts';
import { createSignatory } from '../../support/signatories.ts';

const FIRST_SEEN = Date.UTC(2026, 10, 21) / 1000;

/** What GnuPG found of one commit. */
interface Expected {
  readonly commit: string;
  readonly signature: string;
  readonly signingKey: string;
  readonly signedAt: number;
}

describeWithSharedData('the history of nonguix', () => {
  const expected: Expected[] = [];
  const objects = new Map<string, Buffer>();
  let repository: GitRepository;
  let keyring: Keyring;

  beforeAll(async () => {
    expected.push(...readExpected());
    repository = await createGitRepository({ bare: true });
    await repository.pipe(readFileSync(sharedData('histories', 'nonguix', 'commits.pack')), 'index-pack', '--stdin');
    const ids = expected.map(({ commit }) => `${commit}\n`).join('');
    readBatch(await repository.pipe(ids, 'cat-file', '--batch'), objects);
    keyring = createKeyring(await readSignatories());
  });
  afterAll(() => repository.remove());

  it('agrees with GnuPG on every commit where expiry is ignored', () => {
    const good = expected.filter(({ signature }) => signature === 'good');
    expect(good).toHaveLength(2187);
    for (const { commit, signature, signingKey, signedAt } of expected) {
      const result = judge(objects.get(commit), keyring, 'ignore');
      if (signature === 'good') {
        expect(result, commit).toMatchObject({ outcome: 'verified', fingerprint: signingKey.toLowerCase(), signedAt });
      } else {
        expect(result, commit).toMatchObject({ outcome: 'refused', reason: 'unsigned' });
      }
    }
  });

  it('refuses what was signed after the expiry that the keys record (trust rule 3.1)', () => {
    const refusals = new Map<string, number>();
    for (const { commit, signature } of expected) {
      const result = judge(objects.get(commit), keyring, 'signature');
      if (signature !== 'good' || result.outcome === 'verified') continue;
      refusals.set(result.reason, (refusals.get(result.reason) ?? 0) + 1);
    }
    expect(Object.fromEntries(refusals)).toEqual({ expired_key: 1056 });
    const first = expected.find(({ commit }) => commit.startsWith('a7b69c15'))?.commit ?? '';
    expect(judge(objects.get(first), keyring, 'signature')).toMatchObject({ reason: 'expired_key' });
  });
});

function judge(raw: Buffer | undefined, keyring: Keyring, keyTime: KeyTime): SignatureEvidence | Refusal {
  if (raw === undefined) throw new Error('git did not send the commit');
  const commit = parseCommit(parseOid('0'.repeat(40)), raw, DEFAULT_BRANCH_LIMITS);
  const split = splitCommit(commit);
  if ('outcome' in split) return split;
  const terms = { keyTime, matchEmail: false, firstSeen: FIRST_SEEN };
  return verifySignature({ ...split, committer: commit.committer }, keyring, terms);
}

async function readSignatories() {
  const folder = sharedData('histories', 'nonguix', 'keys');
  const files = readdirSync(folder).map(async (file) => {
    const { keys, problems } = await compileCertificates(readFileSync(`${folder}/${file}`));
    // One of them lacks the empty line after its armor line, and is read all the same.
    expect(problems, file).toEqual([]);
    return createSignatory(keys, { name: file });
  });
  return Promise.all(files);
}

function readExpected(): Expected[] {
  const [, ...lines] = readFileSync(sharedData('histories', 'nonguix', 'expected.tsv'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const [commit = '', signature = '', signingKey = '', , time] = line.split('\t');
    return { commit, signature, signingKey, signedAt: Number(time) };
  });
}

/** The replies of `git cat-file --batch`: a line of id, type and length, then the object and a line feed. */
function readBatch(replies: Buffer, objects: Map<string, Buffer>): void {
  for (let start = 0; start < replies.length; ) {
    const line = replies.indexOf('\n', start);
    const [id = '', , length] = replies.toString('latin1', start, line).split(' ');
    objects.set(id, replies.subarray(line + 1, line + 1 + Number(length)));
    start = line + 1 + Number(length) + 1;
  }
}
