import { afterAll, expect, test } from 'vitest';
import { startGitHttpServer } from './git-http-server.ts';
import { createGitRepository } from './git-repository.ts';

const repository = await createGitRepository();
const server = await startGitHttpServer(repository.root, {
  credentials: { kind: 'basic', username: 'u', password: 'p' },
});
afterAll(async () => {
  await server.close();
  await repository.remove();
});

test('real git clones from and pushes to the server, and only with the credentials', async () => {
  const first = await repository.commit('first', { files: { 'a/b.txt': 'hello\n' } });
  const url = `http://u:p@127.0.0.1:${server.port}/${repository.name}`;
  const clone = await createGitRepository();
  await clone.run('pull', '-q', url, 'main');
  expect(await clone.head()).toBe(first);

  const second = await clone.commit('second');
  await clone.run('push', '-q', url, 'main:other');
  expect(await repository.head('other')).toBe(second);

  await expect(clone.run('ls-remote', `${server.url}/${repository.name}`)).rejects.toThrow(/Username|Authentication/);
  expect(new Set(server.requests.map((request) => request.command))).toEqual(
    new Set(['advertisement', 'ls-refs', 'fetch', 'receive-pack']),
  );
  await clone.remove();
});

test('a fault replaces the answer', async () => {
  server.fault = () => ({ kind: 'status', status: 503 });
  const headers = { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` };
  expect((await fetch(`${server.url}/x/info/refs`, { headers })).status).toBe(503);
  server.fault = null;
});
