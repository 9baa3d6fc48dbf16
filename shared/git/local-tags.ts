import { DEFAULT_BRANCH_LIMITS } from '../model/limits.ts';
import { formatOfOid, isOid, type Oid } from '../model/oid.ts';
import { tagOfRefName } from '../model/tag-ref.ts';
import { visitObjectBatch } from './commit-batch.ts';
import { askGit, startGit } from './git-process.ts';
import type { LocalSourceOptions } from './local-source.ts';
import { mergeTags, type SentTags, type TagListing, type TagSource } from './tag-source.ts';
import { fetchFailureOf, TransportError, unreachableOf } from './transport-error.ts';

/** As `cat-file --batch-check` tells of what is there. */
const OBJECT_LINE = /^([0-9a-f]+) (?:commit|tag)$/;

/** Tags of a repository on this machine, read by git itself. */
export function createLocalTagSource(path: string, options: LocalSourceOptions = {}): TagSource {
  const { limits = DEFAULT_BRANCH_LIMITS, searchPath = '/usr/local/bin:/usr/bin:/bin' } = options;

  const ask = async (args: readonly string[], input?: string): Promise<string> => {
    const { status, output, complaint } = await askGit(path, searchPath, args, input);
    if (status === 0 && complaint === '') return output;
    const advice = 'Give the path of a git repository, and run git fsck there.';
    throw new TransportError('bad_response', `git cannot read the repository at ${path} (${complaint}). ${advice}`);
  };

  const listTags = async (): Promise<TagListing> => {
    const output = await ask(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags/']);
    const tags = new Map<string, Oid>();
    for (const line of output.split('\n')) {
      const [id = '', name = ''] = line.split(' ');
      const tag = tagOfRefName(name);
      if (tag !== null && isOid(id)) tags.set(tag, id);
    }
    return { kind: 'tags', tags };
  };

  /** Those that are there, and are commits or tags. */
  const findObjects = async (wanted: readonly Oid[]): Promise<readonly string[]> => {
    const args = ['cat-file', '--batch-check=%(objectname) %(objecttype)'];
    const output = await ask(args, wanted.map((oid) => `${oid}\n`).join(''));
    return output.split('\n').flatMap((line) => OBJECT_LINE.exec(line)?.[1] ?? []);
  };

  const readObjects = async (wanted: readonly Oid[]): Promise<SentTags> => {
    const sent = { tags: new Map<Oid, Uint8Array>(), commits: new Map<Oid, Uint8Array>() };
    const [first] = wanted;
    if (first === undefined) return { ...sent, collisions: new Set() };
    const found = await findObjects(wanted);
    const read = startGit(path, searchPath, ['cat-file', '--batch', '--buffer']);
    try {
      read.stdin.end(found.map((oid) => `${oid}\n`).join(''));
      const collisions = await visitObjectBatch(read.stdout, formatOfOid(first), limits, (oid, raw, kind) => {
        (kind === 'tag' ? sent.tags : sent.commits).set(oid, raw);
        return undefined;
      });
      await read.ended;
      return { ...sent, collisions };
    } finally {
      read.kill();
    }
  };

  const fetchTags = async (objects: readonly Oid[]): Promise<SentTags> => {
    const named = await readObjects(objects);
    return mergeTags([named, await readObjects(listNamedObjects(named))]);
  };

  return {
    listTags: () => listTags().catch(unreachableOf),
    fetchTags: async (objects) => {
      try {
        return { kind: 'objects', ...(await fetchTags(objects)) };
      } catch (error) {
        return fetchFailureOf(error);
      }
    },
  };
}

/** What tags say that they name, whatever else is wrong with them. */
function listNamedObjects({ tags }: SentTags): readonly Oid[] {
  const named = [...tags.values()].flatMap((raw) => {
    const [, id = ''] = /^object ([0-9a-f]+)\n/.exec(Buffer.from(raw).toString('latin1')) ?? [];
    return isOid(id) ? [id] : [];
  });
  return [...new Set(named)];
}
