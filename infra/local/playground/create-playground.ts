import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { createGitEnvironment, runGit } from './git-command.ts';

export interface PlaygroundRepository {
  /** Where the playground's repositories are. */
  readonly folder: string;
  /** The repository's name in the policy. */
  readonly name: string;
  /** `PATH`, to find git. */
  readonly searchPath: string;
}

const CONFIGURATION = `[http]
	receivepack = true
[uploadpack]
	allowFilter = true
[receive]
	denyDeleteCurrent = ignore
	autogc = false
[gc]
	auto = 0
`;

/** For `git fast-import`. The committer is nobody: the anchor is trusted because it was chosen. */
const FIRST_COMMIT = `commit refs/heads/main
committer Headlock playground <playground@headlock.invalid> 1767225600 +0000
data <<END
Start the playground
END
M 100644 inline README.md
data <<END
# Playground

Commit, sign, push: Headlock decides what is trusted.
END
M 100644 inline deploy/app.yaml
data <<END
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  greeting: Hello
END
`;

/**
 * Makes a bare repository with one commit on its branch `main`, where there is none of that name yet.
 *
 * @returns that commit, the anchor: it is the same in every playground.
 * @throws HeadlockError `git_failed`
 */
export async function createPlayground({ folder, name, searchPath }: PlaygroundRepository): Promise<Oid> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfinished = await mkdtemp(join(folder, '.unfinished-'));
  const git = { repository: unfinished, environment: createGitEnvironment(searchPath) };
  try {
    await runGit(git, ['init', '--quiet', '--bare', '--template=', '--initial-branch=main']);
    await appendFile(join(unfinished, 'config'), CONFIGURATION);
    await runGit(git, ['fast-import', '--quiet'], FIRST_COMMIT);
    const anchor = parseOid(await runGit(git, ['rev-parse', 'refs/heads/main']));
    const repository = join(folder, `${name}.git`);
    if (!existsSync(repository)) await rename(unfinished, repository);
    return anchor;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
