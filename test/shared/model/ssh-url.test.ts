import { expect, it } from 'vitest';
import { isSshUrl, parseSshUrl } from '../../../shared/model/ssh-url.ts';

it.each([
  ['ssh://git@github.com/example/payments.git', ['git', 'github.com', 22, '/example/payments.git']],
  ['SSH://Forge.Example.com/a', ['git', 'forge.example.com', 22, '/a']],
  ['ssh://deploy-bot@127.0.0.1:2222/srv/git/a%20b', ['deploy-bot', '127.0.0.1', 2222, '/srv/git/a b']],
  ["ssh://git@[::1]:2222/~ana/it's", ['git', '::1', 2222, "/~ana/it's"]],
])('reads %s', (url, [username, host, port, path]) => {
  expect(isSshUrl(url)).toBe(true);
  expect(parseSshUrl(url)).toEqual({ username, host, port, path });
});

it.each([
  ['git@github.com:example/payments.git', 'malformed_url'],
  ['ssh://git@github.com:example/payments.git', 'malformed_url'],
  ['ssh:github.com/x', 'malformed_url'],
  ['ssh://git@github.com', 'malformed_url'],
  ['ssh://git@github.com/', 'malformed_url'],
  ['ssh://git@github.com/x?a=b', 'malformed_url'],
  ['ssh://git@github.com/x%00', 'malformed_url'],
  ['ssh://git@github.com/x%0aecho', 'malformed_url'],
  ['ssh://git@github.com/%ff', 'malformed_url'],
  ['ssh://-oProxyCommand=hunter2/x', 'malformed_url'],
  ['ssh://-oProxyCommand=hunter2@host/x', 'malformed_url'],
  ['ssh://git@a%20b/x', 'malformed_url'],
  ['ssh://git:hunter2@github.com/x', 'credentials_in_url'],
])('refuses %s and does not repeat it', (url, code) => {
  expect(isSshUrl(url)).toBe(true);
  expect(() => parseSshUrl(url)).toThrow(
    expect.objectContaining({ code, message: expect.not.stringMatching(/hunter2|example|ana/) }),
  );
});

it.each(['https://git@github.com:22/x', '/srv/git@host:x', 'file:///srv/git'])('takes %s for none of SSH', (text) => {
  expect(isSshUrl(text)).toBe(false);
});
