import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type Oid, parseOid } from '../../../shared/model/oid.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { convertKey, createKeyFile, KEY_TYPES, type SshServer, startSshServer } from '../../support/ssh-server.ts';
import { createSshSource, type SshSourceOptions } from '../../support/ssh-source.ts';

let repository: GitRepository;
let server: SshServer;
let base: Oid;
let tip: Oid;

beforeAll(async () => {
  [repository, server] = await Promise.all([createGitRepository(), startSshServer({ hostKeys: KEY_TYPES })]);
  base = await repository.commit('base', { files: { file: 'content\n' } });
  tip = await repository.commit('tip');
  await repository.run('config', 'uploadpack.allowFilter', 'true');
  await repository.run('tag', '-a', '-m', 'first', 'v1', base);
});
afterAll(async () => {
  await server.close();
  await repository.remove();
});
afterEach(() => server.behave(null));

type Changes = Partial<SshSourceOptions> & { readonly path?: string };
const open = ({ path = repository.path, ...changes }: Changes = {}) =>
  createSshSource({
    url: `${server.url}${encodeURI(path)}`,
    privateKey: server.privateKey,
    passphrase: null,
    knownHosts: server.knownHosts,
    limits: DEFAULT_BRANCH_LIMITS,
    timeoutMs: 60_000,
    userAgent: 'headlock/0.1.0',
    ...changes,
  });

const hostLines = (type = '') => server.knownHosts.split('\n').filter((line) => line.includes(` ${type} `));

const fetchIds = async (source: ReturnType<typeof open>, want: Oid, have: Oid | null): Promise<readonly Oid[]> => {
  const outcome = await source.fetchCommits({ want, have });
  if (outcome.kind !== 'commits') throw new Error(JSON.stringify(outcome));
  return [...outcome.commits.keys()].sort();
};

describe('a repository behind OpenSSH', () => {
  test('is read on one connection, and in version 2 by one process there', async () => {
    const [logins, commands] = [server.logins(), await server.commands()];
    const source = open();
    expect(await source.readTip('main')).toEqual({ kind: 'tip', oid: tip, format: 'sha1' });
    expect(await fetchIds(source, tip, base)).toEqual([tip]);
    expect(await fetchIds(source, tip, null)).toEqual([base, tip].sort());
    expect(await source.fetchCommits({ want: base, have: tip })).toEqual({ kind: 'no-common-path', haveKnown: true });
    expect((await server.commands()).slice(commands.length)).toEqual([`git-upload-pack '${repository.path}'`]);
    expect(await source.readTip('other')).toEqual({ kind: 'gone' });
    expect(await source.listTags()).toMatchObject({ kind: 'tags', tags: new Map([['v1', expect.any(String)]]) });
    expect(server.logins() - logins).toBe(1);
  });

  // Trust rule 5.2: what the forge serves is read anew. A process of git does not see refs that move while it runs.
  test('shows its refs as they are now, each time', async () => {
    const source = open();
    for (const name of ['moving', 'other', 'third']) {
      const moved = await repository.commit(name, { args: ['--amend'] });
      await repository.run('branch', '-f', 'moving', moved);
      await repository.run('reset', '-q', '--hard', tip);
      expect(await source.readTip('moving')).toMatchObject({ kind: 'tip', oid: moved });
      expect(await fetchIds(source, moved, base)).toEqual([moved]);
    }
    await repository.run('branch', '-D', 'moving');
    expect(await source.readTip('moving')).toEqual({ kind: 'gone' });
  });

  test('goes on after a request for what is not there', async () => {
    const source = open();
    const missing = parseOid('0123456789'.repeat(4));
    expect(await source.fetchCommits({ want: missing, have: tip })).toMatchObject({
      kind: 'commits',
      commits: new Map(),
    });
    expect(await fetchIds(source, tip, base)).toEqual([tip]);
  });

  test('is read by two sources, and by two requests of one, at the same time', async () => {
    const source = open();
    const reads = [source.readTip('main'), source.readTip('main'), open().readTip('main')];
    for (const outcome of await Promise.all(reads)) expect(outcome).toMatchObject({ kind: 'tip', oid: tip });
  });

  test('lets the process end, and comes back on a new connection after a pause of the machine', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
    const before = sockets();
    const logins = server.logins();
    const source = open();
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip' });
    expect(sockets()).toBe(before);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      expect(await source.readTip('main')).toMatchObject({ kind: 'tip' });
    } finally {
      vi.useRealTimers();
    }
    expect(server.logins() - logins).toBe(2);
  });

  test('may have a path with spaces and quotes, and commands in it stay words', async () => {
    const path = `${repository.root}/it's "$(touch ${repository.root}/run)" ! repository; touch ${repository.root}/run #`;
    await cp(repository.path, path, { recursive: true });
    expect(
      await open({ url: `${server.url}${encodeURIComponent(path).replaceAll('%2F', '/')}` }).readTip('main'),
    ).toEqual({
      kind: 'tip',
      oid: tip,
      format: 'sha1',
    });
    await expect(rm(join(repository.root, 'run'))).rejects.toThrow('ENOENT');
    await rm(path, { recursive: true });
  });

  test('may have SHA-256 object ids', async () => {
    const other = await createGitRepository({ format: 'sha256' });
    const first = await other.commit('first');
    const source = open({ path: other.path });
    expect(await source.readTip('main')).toEqual({ kind: 'tip', oid: first, format: 'sha256' });
    expect(await fetchIds(source, first, null)).toEqual([first]);
    await other.remove();
  });
});

test('a server that takes no variable, and so speaks version 0', async () => {
  const old = await startSshServer({ acceptsProtocol: false });
  const source = open({ url: `${old.url}${repository.path}`, privateKey: old.privateKey, knownHosts: old.knownHosts });
  expect(await source.readTip('main')).toEqual({ kind: 'tip', oid: tip, format: 'sha1' });
  expect(await fetchIds(source, tip, base)).toEqual([tip]);
  expect(await fetchIds(source, tip, null)).toEqual([base, tip].sort());
  expect(old.logins()).toBe(1);
  await old.close();
});

describe('deploy keys', () => {
  test.each(KEY_TYPES)('%s, to a host that is pinned by a key of this type', async (type) => {
    const { privateKey, publicKey } = await createKeyFile(join(repository.root, `key-${type}`), type);
    await server.letIn(publicKey);
    const [known = '', ...others] = hostLines(publicKey.split(' ')[0]);
    expect(others).toEqual([]);
    expect(await open({ privateKey, knownHosts: known }).readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
  });

  test('one with a passphrase', async () => {
    const privateKey = await convertKey(server.privateKey, '-N', 'open sesame', '-a', '1');
    const source = open({ privateKey, passphrase: 'open sesame' });
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
  });

  test('one that the server does not know, and one that does not open', async () => {
    const { privateKey, publicKey } = await createKeyFile(join(repository.root, 'unknown'), 'ed25519');
    const refused = await open({ privateKey }).readTip('main');
    expect(refused).toMatchObject({ kind: 'unreachable', cause: 'refused_credentials' });
    const { stdout } = await run('ssh-keygen', ['-lf', join(repository.root, 'unknown.pub')]);
    const [fingerprint = '-'] = /SHA256:\S+/.exec(stdout) ?? [];
    expect(messageOf(refused)).toContain(fingerprint);
    expect(messageOf(refused)).not.toContain(publicKey.slice(-20));
    const encrypted = await convertKey(privateKey, '-N', 'open sesame', '-a', '1');
    const wrong = await open({ privateKey: encrypted, passphrase: 'wrong' }).readTip('main');
    expect(wrong).toMatchObject({ cause: 'refused_credentials', message: expect.stringContaining('does not open') });
  });
});

describe('host keys', () => {
  test('the pinned name may be hashed', async () => {
    const { publicKey } = await createKeyFile(join(repository.root, 'hashed'), 'ed25519');
    const file = join(repository.root, 'hashed_hosts');
    await run('sh', [
      '-c',
      'printf "%s" "$1" > "$0" && ssh-keygen -q -H -f "$0"',
      file,
      `${server.knownHosts}other ${publicKey}\n`,
    ]);
    const { stdout: knownHosts } = await run('cat', [file]);
    expect(knownHosts).not.toContain('127.0.0.1');
    expect(await open({ knownHosts }).readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
  });

  test('another key than the pinned one is never taken', async () => {
    const { publicKey } = await createKeyFile(join(repository.root, 'former'), 'ed25519');
    const logins = server.logins();
    const outcome = await open({ knownHosts: `[127.0.0.1]:${server.port} ${publicKey}\n` }).readTip('main');
    expect(outcome).toMatchObject({ kind: 'unreachable', cause: 'host_key_changed' });
    const [line = ''] = hostLines('ssh-ed25519');
    const { stdout } = await run('sh', ['-c', 'echo "$0" | ssh-keygen -lf -', line]);
    const [fingerprint = '-'] = /SHA256:\S+/.exec(stdout) ?? [];
    expect(messageOf(outcome)).toContain(`presents ${fingerprint}`);
    expect(messageOf(outcome)).toContain(`ssh-keyscan -p ${server.port} 127.0.0.1`);
    expect(server.logins()).toBe(logins);
  });

  test('a revoked key is never taken', async () => {
    const knownHosts = `${server.knownHosts}@revoked * ${hostLines('ssh-ed25519')[0]?.replace(/^\S+ /, '')}\n`;
    const outcome = await open({ knownHosts }).readTip('main');
    expect(outcome).toMatchObject({ cause: 'host_key_changed', message: expect.stringContaining('revoked') });
  });

  test('a server without a key of the pinned type has changed', async () => {
    const one = await startSshServer({ hostKeys: ['ed25519'] });
    const { publicKey } = await createKeyFile(join(repository.root, 'rsa'), 'ecdsa-256');
    const knownHosts = `[127.0.0.1]:${one.port} ${publicKey}\n`;
    const outcome = await open({ url: `${one.url}${repository.path}`, knownHosts }).readTip('main');
    expect(outcome).toMatchObject({ cause: 'host_key_changed' });
    await one.close();
  });

  test.each([
    [
      'lists no key of the host',
      () => server.knownHosts.replaceAll(/\[127.0.0.1\]:\d+/g, 'git.example.com'),
      'has no key of',
    ],
    ['lists keys of another port', () => server.knownHosts.replaceAll(/\]:\d+/g, ']:22'), 'has no key of'],
    [
      'lists keys without the port',
      () => server.knownHosts.replaceAll(/\[127.0.0.1\]:\d+/g, '127.0.0.1'),
      'has no key of',
    ],
    ['cannot be read', () => `${server.knownHosts}what?\n`, 'Line 6'],
    ['is empty', () => '', 'has no key of'],
  ])('a file that %s: the host is unknown, and is not asked', async (_, knownHosts, message) => {
    const outcome = await open({ url: `ssh://git@127.0.0.1:1${repository.path}`, knownHosts: knownHosts() }).readTip(
      'main',
    );
    const listed = await open({ knownHosts: knownHosts() }).readTip('main');
    for (const each of [outcome, listed])
      expect(each).toMatchObject({
        kind: 'unreachable',
        cause: 'host_key_unknown',
        message: expect.stringContaining('headlock apply'),
      });
    expect(messageOf(listed)).toContain(message);
  });
});

test.each([
  [
    'KexAlgorithms diffie-hellman-group14-sha1',
    'ed25519',
    'bad_response',
    'no key exchange algorithm that is still safe',
  ],
  ['Ciphers aes128-cbc,3des-cbc', 'ed25519', 'bad_response', 'no cipher that is still safe'],
  ['MACs hmac-sha1\nCiphers aes128-ctr', 'ed25519', 'bad_response', 'no MAC that is still safe'],
  ['HostKeyAlgorithms ssh-rsa', 'rsa-2048', 'host_key_changed', 'has no key of these types, or proves it by SHA-1'],
] as const)('a server with nothing but %s', async (option, type, cause, words) => {
  const weak = await startSshServer({ hostKeys: [type], config: [option] });
  const { url, privateKey, knownHosts } = weak;
  const outcome = await open({ url: `${url}${repository.path}`, privateKey, knownHosts }).readTip('main');
  expect(outcome).toMatchObject({ kind: 'unreachable', cause, message: expect.stringContaining(words) });
  await weak.close();
});

describe('a server that fails', () => {
  const real = () => `git-upload-pack '${repository.path}'`;
  const cutAfterOffer =
    'n=$(eval "$SSH_ORIGINAL_COMMAND" < /dev/null | wc -c); eval "$SSH_ORIGINAL_COMMAND" | { dd bs=1 count=$((n + 9)) 2> /dev/null; kill -KILL 0; }';
  const endless = `line=$(printf '%65515s' x); while :; do printf 'fff0%s\\n' "$line"; done`;
  test.each([
    [
      'has no such repository',
      () => "git-upload-pack '/no/such'",
      'not_found',
      "\"fatal: '/no/such' does not appear to be",
    ],
    ['is killed within its answer', () => cutAfterOffer, 'server_error', 'ended with SIGKILL'],
    [
      'ends within the list of what it offers',
      () => `${real()} < /dev/null | head -c 20`,
      'bad_response',
      'incomplete',
    ],
    ['ends after it', () => `${real()} < /dev/null`, 'bad_response', 'incomplete'],
    ['says nothing', () => 'exit 0', 'bad_response', 'incomplete'],
    ['greets in place of git', () => 'echo Welcome', 'bad_response', 'pkt-line'],
    ['writes errors without end', () => 'yes error >&2', 'bad_response', 'errors without end'],
    ['offers things without end', () => endless, 'bad_response', 'larger than'],
  ])('%s', async (_, shell, cause, words) => {
    await server.behave(shell());
    const outcome = await open().readTip('main');
    expect(outcome).toMatchObject({ kind: 'unreachable', cause, message: expect.stringContaining(words) });
  });

  test('stalls: before it says anything, and before it answers', async () => {
    const stall = 'exec cat > /dev/null';
    for (const shell of [stall, `${real()} < /dev/null; ${stall}`]) {
      await server.behave(shell);
      expect(await open({ timeoutMs: 1_000 }).readTip('main')).toMatchObject({ cause: 'timeout' });
    }
  });

  test('is asked again on a new connection', async () => {
    const source = open();
    await server.behave('exit 3');
    expect(await source.readTip('main')).toMatchObject({ cause: 'server_error' });
    await server.behave(null);
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
  });

  test('is not there, has no name, or says nothing at all', async () => {
    const knownHosts = server.knownHosts.replaceAll(/^\S+/gm, '*');
    const causeOf = async (url: string) => open({ url, knownHosts, timeoutMs: 1_000 }).readTip('main');
    expect(await causeOf('ssh://git@127.0.0.1:1/x')).toMatchObject({ cause: 'connection' });
    expect(await causeOf('ssh://git@no-such-host.invalid/x')).toMatchObject({ cause: 'dns' });
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    expect(await causeOf(`ssh://git@127.0.0.1:${port}/x`)).toMatchObject({ cause: 'timeout' });
    silent.close();
  });
});

function messageOf(outcome: { readonly kind: string; readonly message?: string }): string {
  return outcome.message ?? '';
}

function run(program: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], (error, stdout) => (error === null ? resolve({ stdout }) : reject(error)));
  });
}
