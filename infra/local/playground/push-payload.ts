import { type GitCommand, runGit } from './git-command.ts';
import { NULL_OID, type RefChange } from './ref-changes.ts';

export interface PushedRepository {
  readonly name: string;
  /** `http://127.0.0.1:<port>/playground/<name>.git` */
  readonly cloneUrl: string;
}

const MAX_COMMITS = 20;

/** Fields of `git log`, each ended by NUL. */
const FIELDS = ['%H', '%T', '%B', '%cI', '%an', '%ae', '%cn', '%ce'];

/** The payload of GitHub's `push` event, as far as a playground can know it. */
export async function createPushPayload(
  git: GitCommand,
  { name, cloneUrl }: PushedRepository,
  { ref, before, after }: RefChange,
): Promise<object> {
  const [created, deleted] = [before === NULL_OID, after === NULL_OID];
  const commits = deleted ? [] : await listCommits(git, created ? [after] : [after, `^${before}`]);
  const pusher = { name: 'playground', email: 'playground@headlock.invalid' };
  return {
    ref,
    before,
    after,
    created,
    deleted,
    forced: !created && !deleted && !(await isAncestor(git, before, after)),
    base_ref: null,
    compare: `${cloneUrl}#${before}...${after}`,
    commits: commits.toReversed(),
    head_commit: commits[0] ?? null,
    repository: {
      id: 1,
      name,
      full_name: `playground/${name}`,
      private: true,
      owner: { ...pusher, login: pusher.name, id: 1, type: 'Organization' },
      html_url: cloneUrl,
      clone_url: cloneUrl,
      default_branch: 'main',
    },
    pusher,
    sender: { login: pusher.name, id: 1, type: 'User' },
  };
}

async function listCommits(git: GitCommand, revisions: readonly string[]): Promise<readonly object[]> {
  const format = `--format=${FIELDS.join('%x00')}%x00`;
  const log = await runGit(git, ['log', `--max-count=${MAX_COMMITS}`, format, ...revisions, '--']);
  const values = log.split('\0');
  return Array.from({ length: Math.floor(values.length / FIELDS.length) }, (_, index) => {
    const [id = '', tree_id, message, timestamp, ...people] = values.slice(index * FIELDS.length);
    const [authorName, authorEmail, committerName, committerEmail] = people;
    return {
      id: id.trim(),
      tree_id,
      distinct: true,
      message: message?.trimEnd(),
      timestamp,
      author: { name: authorName, email: authorEmail },
      committer: { name: committerName, email: committerEmail },
    };
  });
}

async function isAncestor(git: GitCommand, ancestor: string, descendant: string): Promise<boolean> {
  // Empty where everything that `ancestor` reaches is reached by `descendant` too.
  return (await runGit(git, ['rev-list', '--max-count=1', ancestor, `^${descendant}`, '--'])) === '';
}
