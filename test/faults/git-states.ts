import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Oid } from '../../shared/model/oid.ts';
import { startGitHttpServer } from '../support/git-http-server.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { createSshKey, type SshKeyPair } from '../support/signing.ts';

/** What a repository holds at some moment: all repositories of the matrix go through these. */
export type GitState = 'first' | 'second' | 'unsigned' | 'side' | 'second side' | 'rewritten' | 'tagged' | 'tag moved';

export interface GitStates {
  /** Repositories are `<url>/<name>/repository`. */
  readonly url: string;
  readonly key: SshKeyPair;
  readonly commits: Readonly<Record<'first' | 'second' | 'unsigned', Oid>>;
  /** Has a repository hold what the state says. */
  show(name: string, state: GitState): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** A forge whose answers are git's own, asked once each: thousands of replays ask the same. */
export async function startGitStates(): Promise<GitStates> {
  const [git, key] = await Promise.all([createGitRepository(), createSshKey()]);
  await git.run('config', 'gpg.format', 'ssh');
  await git.run('config', 'user.signingkey', key.path);
  const commit = (message: string, args = ['-S']) => git.commit(message, { args });
  const at = async (base: string, make: () => Promise<Oid>): Promise<Oid> => {
    await git.run('checkout', '-q', '--detach', base);
    return make();
  };
  const merge = async (side: Oid): Promise<Oid> => {
    await git.run('merge', '-q', '--no-ff', '-S', '-m', 'Merge', side);
    return git.head();
  };
  const first = await commit('First');
  const second = await commit('Second');
  const unsigned = await at(second, () => commit('Not signed', []));
  const [sideOne, sideTwo] = [await at(first, () => commit('Side')), await at(first, () => commit('Other side'))];
  const side = await at(second, () => merge(sideOne));
  const secondSide = await at(side, () => merge(sideTwo));
  const rewritten = await at(first, () => commit('Instead'));
  const tag = async (name: string, target: Oid, how: string): Promise<Oid> => {
    await git.run('tag', how, '-f', '-m', name, name, target);
    return git.head(`refs/tags/${name}`);
  };
  const [v1, v2] = [await tag('v1', second, '-s'), await tag('v2', second, '-a')];
  const moved = await tag('v1', first, '-s');
  const refs: Readonly<Record<GitState, Readonly<Record<string, Oid>>>> = {
    first: { 'heads/main': first },
    second: { 'heads/main': second },
    unsigned: { 'heads/main': unsigned },
    side: { 'heads/main': side },
    'second side': { 'heads/main': secondSide },
    rewritten: { 'heads/main': rewritten },
    tagged: { 'heads/main': second, 'tags/v1': v1, 'tags/v2': v2 },
    'tag moved': { 'heads/main': second, 'tags/v1': moved, 'tags/v2': v2 },
  };
  for (const [state, each] of Object.entries(refs)) {
    const bare = join(git.root, state.replaceAll(' ', '-'));
    await git.run('init', '-q', '--bare', bare);
    await git.run('push', '-q', bare, ...Object.entries(each).map(([ref, oid]) => `${oid}:refs/${ref}`));
  }

  const backend = await startGitHttpServer(git.root);
  const shown = new Map<string, GitState>();
  const answers = new Map<string, Promise<Answer>>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const [, name = '', path = ''] = /^\/(case-\d+)\/repository(\/.*)$/.exec(request.url ?? '') ?? [];
    const state = shown.get(name) ?? 'first';
    const { 'git-protocol': protocol = '', 'content-type': type = '' } = request.headers;
    const cacheKey = JSON.stringify([state, path, protocol, body.toString('latin1')]);
    const ask = async (): Promise<Answer> => {
      const answer = await fetch(`${backend.url}/${state.replaceAll(' ', '-')}${path}`, {
        method: request.method ?? 'GET',
        headers: { 'git-protocol': String(protocol), 'content-type': type },
        ...(body.length > 0 && { body }),
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      return { status: answer.status, type: answer.headers.get('content-type') ?? '', body: bytes };
    };
    const asked = answers.get(cacheKey) ?? ask();
    answers.set(cacheKey, asked);
    const { status, type: kind, body: bytes } = await asked;
    response.writeHead(status, { 'content-type': kind, 'content-length': bytes.length }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    commits: { first, second, unsigned },
    show: (name, state) => void shown.set(name, state),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await backend.close();
      await Promise.all([git.remove(), key.cleanup()]);
    },
  };
}
