import { type GitCommand, runGit } from './git-command.ts';
import { NULL_OID, type RefChange } from './ref-changes.ts';

export interface PushedRepository {
  readonly name: string;
  /** `http://127.0.0.1:<port>/playground/<name>.git` */
  readonly cloneUrl: string;
}

/** What `git log` prints of a commit, each field ended by NUL. */
const FORMAT = '--format=%H%x00%T%x00%cI%x00%an%x00%ae%x00%cn%x00%ce%x00%B%x00';

/** The payload of GitHub's `push` event, as far as a playground can know it. Of its commits it names the last one. */
export async function createPushPayload(
  git: GitCommand,
  { name, cloneUrl }: PushedRepository,
  { ref, before, after }: RefChange,
): Promise<object> {
  const [created, deleted] = [before === NULL_OID, after === NULL_OID];
  const [head, forced] = await Promise.all([
    deleted ? null : describeCommit(git, after),
    !created && !deleted && isAncestor(git, before, after).then((is) => !is),
  ]);
  const pusher = { name: 'playground', email: 'playground@headlock.invalid' };
  return {
    ref,
    before,
    after,
    created,
    deleted,
    forced,
    base_ref: null,
    compare: `${cloneUrl}#${before}...${after}`,
    commits: head === null ? [] : [head],
    head_commit: head,
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

async function describeCommit(git: GitCommand, oid: string): Promise<object> {
  const log = await runGit(git, ['log', '--max-count=1', FORMAT, oid, '--']);
  const [id, tree, timestamp, authorName, authorEmail, committerName, committerEmail, message = ''] = log.split('\0');
  const author = { name: authorName, email: authorEmail };
  const committer = { name: committerName, email: committerEmail };
  return { id, tree_id: tree, distinct: true, message: message.trimEnd(), timestamp, author, committer };
}

async function isAncestor(git: GitCommand, ancestor: string, descendant: string): Promise<boolean> {
  // Empty where everything that `ancestor` reaches is reached by `descendant` too.
  return (await runGit(git, ['rev-list', '--max-count=1', ancestor, `^${descendant}`, '--'])) === '';
}
