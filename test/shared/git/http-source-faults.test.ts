import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import type { CommitSource } from '../../../shared/git/commit-source.ts';
import { createHttpAgents } from '../../../shared/git/http-agents.ts';
import { createHttpSource, type HttpSourceOptions } from '../../../shared/git/http-source.ts';
import type { UnreachableCause } from '../../../shared/model/branch-state.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { type GitServerCommand, type GitServerFault, startGitHttpServer } from '../../support/git-http-server.ts';
import { createGitRepository } from '../../support/git-repository.ts';

const repository = await createGitRepository();
const root = await repository.commit('root', { files: { file: '1\n' } });
const tip = await repository.commit('tip', { files: { file: '2\n' } });
const server = await startGitHttpServer(repository.root);
const url = `${server.url}/${repository.name}`;
const stops: (() => Promise<void>)[] = [];

afterEach(() => {
  server.fault = null;
});
afterAll(async () => {
  await server.close();
  for (const stop of stops) await stop();
  await repository.remove();
});

function open(changes: Partial<HttpSourceOptions> = {}): CommitSource {
  const limits = DEFAULT_BRANCH_LIMITS;
  return createHttpSource({
    url,
    credentials: null,
    limits,
    timeoutMs: 60_000,
    userAgent: 'headlock/0.1.0',
    ...changes,
  });
}

function failAt(command: GitServerCommand, fault: GitServerFault): void {
  server.fault = (request) => (request.command === command ? fault : null);
}

/** Starts a server that ends with the tests. @returns its port */
async function listen(other: Server): Promise<number> {
  const sockets = new Set<Socket>();
  other.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => other.close(resolve));
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  return (other.address() as AddressInfo).port;
}

/** A server on a port of its own, and so another origin, that answers every request the same way. */
async function startStranger(answer: (response: ServerResponse, url: string) => void) {
  const seen: { url: string; authorization: string | undefined }[] = [];
  const stranger = createServer((message, response) => {
    seen.push({ url: message.url ?? '', authorization: message.headers.authorization });
    answer(response, message.url ?? '');
  });
  return { url: `http://127.0.0.1:${await listen(stranger)}`, seen };
}

const ADVERTISEMENT = { 'content-type': 'application/x-git-upload-pack-advertisement' };
const GZIP = { ...ADVERTISEMENT, 'content-encoding': 'gzip' };
const HUGE = `fff0${'x'.repeat(65_516)}`.repeat(513);

describe('every failure has a cause, and says what to do', () => {
  const statuses: readonly [number, UnreachableCause, RegExp][] = [
    [401, 'refused_credentials', /credentials secret/],
    [403, 'refused_credentials', /credentials secret/],
    [404, 'not_found', /URL and the credentials secret/],
    [410, 'not_found', /URL/],
    [429, 'rate_limited', /tried again/],
    [500, 'server_error', /status/],
    [503, 'server_error', /status/],
    [418, 'bad_response', /URL/],
  ];
  test.each(statuses)('status %i', async (status, cause, message) => {
    for (const command of ['advertisement', 'ls-refs', 'fetch'] as const) {
      failAt(command, { kind: 'status', status });
      const outcome =
        command === 'fetch' ? await open().fetchCommits({ want: tip, have: null }) : await open().readTip('main');
      expect(outcome).toEqual({ kind: 'unreachable', cause, message: expect.stringMatching(message) });
      expect(outcome).toMatchObject({ message: expect.stringContaining(`${url} answers ${status}`) });
    }
  });

  test('403 with a time to come back is a rate limit', async () => {
    failAt('advertisement', { kind: 'status', status: 403, headers: { 'retry-after': '60' } });
    expect(await open().readTip('main')).toMatchObject({ cause: 'rate_limited' });
  });

  test('no server', async () => {
    const gone = await startGitHttpServer(repository.root);
    await gone.close();
    expect(await open({ url: `${gone.url}/x` }).readTip('main')).toMatchObject({ cause: 'connection' });
  });

  test('no such host', async () => {
    const host = `${'a'.repeat(64)}.invalid`; // too long for a label: no resolver is asked
    expect(await open({ url: `https://${host}/x` }).readTip('main')).toMatchObject({
      cause: 'dns',
      message: expect.stringContaining(host),
    });
  });

  test('a connection that breaks before or within the answer', async () => {
    failAt('advertisement', { kind: 'reset' });
    expect(await open().readTip('main')).toMatchObject({ cause: 'connection' });
    failAt('fetch', { kind: 'cut' });
    expect(await open().fetchCommits({ want: tip, have: null })).toMatchObject({ cause: 'connection' });
  });

  test('a connection that the server closed while it was idle is opened again', async () => {
    const source = open();
    let resets = 0;
    server.fault = ({ command }) => (command === 'ls-refs' && resets++ === 0 ? { kind: 'reset' } : null);
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
    expect(resets).toBe(2);
  });

  test.each(['advertisement', 'ls-refs'] as const)('a server that hangs at the %s', async (command) => {
    failAt(command, { kind: 'hang' });
    expect(await open({ timeoutMs: 300 }).readTip('main')).toMatchObject({ cause: 'timeout' });
  });

  test('an answer that never ends: by its time, or by its size', async () => {
    failAt('fetch', { kind: 'endless-pack' });
    const request = { want: tip, have: null };
    expect(
      await open({ timeoutMs: 300, limits: { ...DEFAULT_BRANCH_LIMITS, packBytes: 2 ** 40 } }).fetchCommits(request),
    ).toMatchObject({ cause: 'timeout' });
    const limits = { ...DEFAULT_BRANCH_LIMITS, packBytes: 1_000_000 };
    expect(await open({ limits }).fetchCommits(request)).toMatchObject({ kind: 'limit-exceeded', limit: 'packBytes' });
  });

  test('progress without end', async () => {
    const progress = `packfile\n`;
    failAt('fetch', {
      kind: 'rewrite',
      rewrite: () => `000d${progress}${`fff0\x02${'x'.repeat(65_515)}`.repeat(40)}0000`,
    });
    const limits = { ...DEFAULT_BRANCH_LIMITS, packBytes: 1_000 };
    expect(await open({ limits }).fetchCommits({ want: tip, have: null })).toMatchObject({ cause: 'bad_response' });
  });

  const brokenPacks: readonly [GitServerFault, UnreachableCause][] = [
    [{ kind: 'truncated' }, 'truncated_pack'],
    [{ kind: 'corrupt-pack', offset: 40 }, 'bad_response'],
    [{ kind: 'rewrite', rewrite: () => '' }, 'truncated_pack'],
    [{ kind: 'rewrite', rewrite: () => 'Service unavailable' }, 'bad_response'],
    [{ kind: 'rewrite', rewrite: () => '0019ERR too many requests' }, 'server_error'],
    [{ kind: 'rewrite', rewrite: () => '000dpackfile\n0015\x03fatal: I give up' }, 'server_error'],
  ];
  test.each(brokenPacks)('a pack that is broken: %o', async (fault, cause) => {
    failAt('fetch', fault);
    expect(await open().fetchCommits({ want: tip, have: root })).toMatchObject({ kind: 'unreachable', cause });
  });

  test('rule 4.4: a listing that is cut off is no proof that a branch is gone', async () => {
    failAt('ls-refs', { kind: 'rewrite', rewrite: (answer) => answer.subarray(0, -4) });
    expect(await open().readTip('other')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
    failAt('ls-refs', { kind: 'rewrite', rewrite: () => '0000' });
    expect(await open().readTip('other')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
    failAt('ls-refs', { kind: 'rewrite', rewrite: () => '' });
    expect(await open().readTip('other')).toMatchObject({ kind: 'unreachable', cause: 'bad_response' });
  });

  test('a server of protocol version 0 that lists no branch', async () => {
    failAt('advertisement', {
      kind: 'rewrite',
      rewrite: () => `001e# service=git-upload-pack\n0000003b${tip} HEAD\0multi_ack0000`,
    });
    expect(await open().readTip('main')).toMatchObject({
      cause: 'bad_response',
      message: expect.stringContaining('no branch'),
    });
  });

  test.each([
    ['a web page', { 'content-type': 'text/html' }, '<html>Sign in</html>', /web page/],
    ['a file server', { 'content-type': 'text/plain' }, `${tip}\trefs/heads/main\n`, /dumb/],
    ['an answer in an unknown coding', { ...ADVERTISEMENT, 'content-encoding': 'br' }, '', /coded/],
    ['a compressed answer that is cut off', GZIP, gzipSync('000eversion 2\n').subarray(0, -9), /HTTP|incomplete/],
    ['a compressed answer that is none', GZIP, '000eversion 2\n', /HTTP/],
    ['a huge answer', ADVERTISEMENT, HUGE, /larger/],
    ['a huge answer that is compressed', GZIP, gzipSync(HUGE), /larger/],
  ])('%s', async (_, headers, body, message) => {
    const stranger = await startStranger((response) => response.writeHead(200, headers).end(body));
    expect(await open({ url: `${stranger.url}/x` }).readTip('main')).toMatchObject({
      cause: 'bad_response',
      message: expect.stringMatching(message),
    });
  });

  test('what is no HTTP at all', async () => {
    const port = await listen(createNetServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await open({ url: `http://127.0.0.1:${port}/x` }).readTip('main')).toMatchObject({ cause: 'bad_response' });
  });
});

describe('credentials', () => {
  const basic = { kind: 'basic', username: 'alice', password: 's3cret:Ä' } as const;
  const bearer = { kind: 'bearer', token: 't0ken' } as const;

  test.each([basic, bearer])('$kind open a private repository, wrong or missing ones do not', async (credentials) => {
    const guarded = await startGitHttpServer(repository.root, { credentials });
    const privateUrl = `${guarded.url}/${repository.name}`;
    const source = open({ url: privateUrl, credentials });
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
    expect(await source.fetchCommits({ want: tip, have: root })).toMatchObject({ kind: 'commits' });

    const wrong = { kind: 'basic', username: 'alice', password: 'wr0ng' } as const;
    for (const each of [wrong, null]) {
      const outcome = await open({ url: privateUrl, credentials: each }).readTip('main');
      expect(outcome).toMatchObject({ kind: 'unreachable', cause: 'refused_credentials' });
      expect(JSON.stringify(outcome)).not.toMatch(/alice|wr0ng/);
    }
    await guarded.close();
  });

  test('that no header may hold are refused before they are sent', async () => {
    const outcome = await open({ credentials: { kind: 'bearer', token: 't0ken\n' } }).readTip('main');
    expect(outcome).toMatchObject({ cause: 'refused_credentials', message: expect.not.stringContaining('t0ken') });
  });

  test('do not belong into the URL, and plain http leaves this machine for nobody', () => {
    expect(() => open({ url: url.replace('//', '//alice:s3cret@') })).toThrow(
      expect.objectContaining({ code: 'credentials_in_url' }),
    );
    expect(() => open({ url: 'http://example.com/x' })).toThrow(expect.objectContaining({ code: 'insecure_url' }));
  });

  test('follow a redirect on the same server, and stay there when it leads to another', async () => {
    const guarded = await startGitHttpServer(repository.root, { credentials: basic });
    guarded.fault = ({ path }) => {
      if (path.startsWith('/moved/')) return redirectTo(path.replace('/moved/', `/${repository.name}/`));
      return path.startsWith('/left/') ? redirectTo(path.replace('/left/', `${stranger.url}/there/`)) : null;
    };
    const stranger = await startStranger((response) => response.writeHead(401).end());

    const moved = open({ url: `${guarded.url}/moved`, credentials: basic });
    expect(await moved.readTip('main')).toMatchObject({ kind: 'tip', oid: tip });

    const left = open({ url: `${guarded.url}/left/`, credentials: basic });
    expect(await left.readTip('main')).toMatchObject({ cause: 'refused_credentials' });
    expect(stranger.seen).toEqual([{ url: '/there/info/refs?service=git-upload-pack', authorization: undefined }]);
    await guarded.close();
  });

  test('are not sent to another server with a request body either', async () => {
    const elsewhere = await startStranger((response, path) =>
      response.writeHead(307, { location: `${server.url}${path}` }).end(),
    );
    const source = open({ url: `${elsewhere.url}/${repository.name}`, credentials: basic });
    expect(await source.readTip('main')).toMatchObject({ kind: 'tip', oid: tip });
    expect(await source.fetchCommits({ want: tip, have: root })).toMatchObject({ kind: 'commits' });
    expect(elsewhere.seen.map(({ authorization }) => authorization?.split(' ')[0])).toEqual(['Basic']);
    expect(server.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });

  test.each([
    ['in a circle', `${url}/info/refs?service=git-upload-pack`, /more than 5/],
    ['to a page', `${server.url}/login?next=x`, /no git repository/],
    ['to plain http on another machine', 'http://example.com/x/info/refs?service=git-upload-pack', /nothing protects/],
    [
      'to a URL with credentials',
      `${url.replace('//', '//a:b@')}/info/refs?service=git-upload-pack`,
      /nothing protects/,
    ],
    ['nowhere', 'https://', /nowhere/],
  ])('are no matter where the server redirects %s: that is refused', async (_, location, message) => {
    failAt('advertisement', redirectTo(location));
    expect(await open({ credentials: basic }).readTip('main')).toMatchObject({
      cause: 'bad_response',
      message: expect.stringMatching(message),
    });
    server.fault = null;
  });

  test('are not sent again where a POST is redirected', async () => {
    failAt('ls-refs', redirectTo(`${server.url}/else`));
    expect(await open({ credentials: basic }).readTip('main')).toMatchObject({ cause: 'bad_response' });
  });

  function redirectTo(location: string): GitServerFault {
    return { kind: 'status', status: 302, headers: { location } };
  }
});

describe('TLS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  const pem = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  const port = await listen(
    createTlsServer(pem, (socket) => {
      const inner = connect(server.port, '127.0.0.1');
      socket
        .on('error', () => inner.destroy())
        .pipe(inner)
        .on('error', () => socket.destroy())
        .pipe(socket);
    }),
  );
  afterAll(() => rm(folder, { recursive: true }));
  const agents = createHttpAgents(pem.cert, {});

  test('a certificate that nobody vouches for is refused', async () => {
    const source = open({ url: `https://localhost:${port}/${repository.name}` });
    expect(await source.readTip('main')).toMatchObject({
      cause: 'tls',
      message: expect.stringContaining('certificateAuthority'),
    });
  });

  test('no variable lets it through', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const outcome = await open({ url: `https://localhost:${port}/${repository.name}` }).readTip('main');
    vi.unstubAllEnvs();
    expect(outcome).toMatchObject({ cause: 'tls' });
  });

  test('one from an authority of your own is accepted, and nothing downgrades to http', async () => {
    const secure = `https://localhost:${port}/${repository.name}`;
    expect(await open({ url: secure, agents }).readTip('main')).toMatchObject({ kind: 'tip', oid: tip });

    failAt('advertisement', {
      kind: 'status',
      status: 301,
      headers: { location: `${url}/info/refs?service=git-upload-pack` },
    });
    expect(await open({ url: secure, agents }).readTip('main')).toMatchObject({
      cause: 'bad_response',
      message: expect.stringMatching(/nothing protects/),
    });
  });

  test('goes through a proxy, which sees the host alone, unless the host is excepted', async () => {
    server.fault = null;
    const secure = `https://localhost:${port}/${repository.name}`;
    const credentials = { kind: 'bearer', token: 't0ken' } as const;
    const proxy = await startConnectProxy();
    const through = createHttpAgents(pem.cert, { HTTPS_PROXY: proxy.url });
    expect(await open({ url: secure, agents: through, credentials }).readTip('main')).toMatchObject({ kind: 'tip' });
    expect(proxy.heads).toEqual([expect.stringMatching(/^CONNECT localhost:\d+ HTTP\/1.1/)]);
    expect(proxy.heads.join()).not.toMatch(/t0ken|authorization/i);

    const around = createHttpAgents(pem.cert, { HTTPS_PROXY: proxy.url, NO_PROXY: 'example.com,localhost' });
    expect(await open({ url: secure, agents: around }).readTip('main')).toMatchObject({ kind: 'tip' });
    expect(proxy.heads.length).toBe(1);
  });

  test('a proxy that refuses is told apart', async () => {
    const port = await listen(
      createServer().on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')),
    );
    const refused = createHttpAgents(null, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
    expect(await open({ url: 'https://git.example.com/x', agents: refused }).readTip('main')).toMatchObject({
      cause: 'connection',
      message: expect.stringContaining('HTTPS_PROXY'),
    });
  });

  /** Connects to whatever it is asked for, and keeps what it was told. */
  async function startConnectProxy() {
    const heads: string[] = [];
    const proxy = createServer().on('connect', (request, socket: Socket) => {
      heads.push(`CONNECT ${request.url} HTTP/${request.httpVersion}\n${request.rawHeaders.join('\n')}`);
      const [host, target] = (request.url ?? '').split(':');
      const onward = connect(Number(target), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    return { url: `http://127.0.0.1:${await listen(proxy)}`, heads };
  }

  test('a server without it is told apart', async () => {
    expect(await open({ url: url.replace('http:', 'https:') }).readTip('main')).toMatchObject({ cause: 'tls' });
  });
});
