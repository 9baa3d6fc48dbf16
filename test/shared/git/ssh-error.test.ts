import { expect, test } from 'vitest';
import { commandError } from '../../../shared/git/ssh-error.ts';

// As the servers word it, each on standard error.
test.each([
  ['git', "fatal: '/srv/a.git' does not appear to be a git repository", 128, 'not_found'],
  ['GitHub', 'ERROR: Repository not found.', 1, 'not_found'],
  ['GitLab', '\nERROR: The project you were looking for could not be found or you lack permission.', 1, 'not_found'],
  ['Gitea', 'Gitea: Cannot find repository: a/b', 1, 'not_found'],
  ['Bitbucket', 'repository access denied. deployment key is not associated with it', 1, 'refused_credentials'],
  ['GitLab', 'remote: You are not allowed to download code from this project.', 1, 'refused_credentials'],
  ['a shell', 'sh: 1: git-upload-pack: command missing', 127, 'server_error'],
  ['a kernel', '', 'SIGKILL', 'server_error'],
  ['anybody', `\u001b[31m${'disk full '.repeat(1000)}\u0000ä`, 2, 'server_error'],
])('what %s says when it gives up is told as a claim', (_, stderr, status, code) => {
  const { message, ...error } = commandError(stderr, status);
  expect(error).toMatchObject({ code });
  expect(message).toMatch(/^The git server .*"[^"]*".*\.$/);
  expect(message).toMatch(/^[\x20-\x7e]{1,400}$/);
});
