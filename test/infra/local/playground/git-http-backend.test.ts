import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runGitHttpBackend } from '../../../../infra/local/playground/git-http-backend.ts';
import { createGitRepository, type GitRepository } from '../../../support/git-repository.ts';

let repository: GitRepository;
beforeAll(async () => {
  repository = await createGitRepository({ bare: true });
  await repository.run('config', 'http.receivepack', 'true');
});
afterAll(() => repository.remove());

it('ends git with the client that goes away in the middle of a push', async () => {
  const environment = { PATH: String(process.env.PATH) };
  const ended = Promise.withResolvers<void>();
  const server = createServer((incoming, response) => {
    const path = `/${repository.name}/git-receive-pack`;
    const call = { request: incoming, response, folder: repository.root, path, query: '', environment };
    runGitHttpBackend(call).then(ended.resolve, ended.reject);
    // The first bytes are here, and the others never come.
    incoming.once('data', () => push.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const push = request({
    port: (server.address() as AddressInfo).port,
    method: 'POST',
    headers: { 'content-type': 'application/x-git-receive-pack-request', 'content-length': 1000 },
  });
  push.on('error', () => {});
  push.write('0000');
  await expect(ended.promise).resolves.toBeUndefined();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
