import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ServerChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readAdvertisement } from '../../../shared/git/advertisement.ts';
import { encodeLine, type Packet } from '../../../shared/git/pkt-line.ts';
import { createSshTransport } from '../../../shared/git/ssh-transport.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { createGitRepository } from '../../support/git-repository.ts';
import { startSshLiar } from '../../support/ssh-liar.ts';
import { createKeyFile, type SshKeyFiles, startSshServer } from '../../support/ssh-server.ts';
import { createSshSource } from '../../support/ssh-source.ts';

let folder: string;
let host: SshKeyFiles;
let other: SshKeyFiles;
beforeAll(async () => {
  folder = await mkdtemp('/tmp/hl-ssh-');
  host = await createKeyFile(join(folder, 'host'), 'ed25519');
  other = await createKeyFile(join(folder, 'other'), 'ed25519');
});
afterAll(() => rm(folder, { recursive: true }));

const OFFER = `${encodeLine('version 2')}${encodeLine('ls-refs')}0000`;
const signal = AbortSignal.timeout(100_000);
const MEBIBYTE = 1024 * 1024;

const connect = (port: number) =>
  createSshTransport({
    url: { username: 'git', host: '127.0.0.1', port, path: '/repository' },
    privateKey: other.privateKey,
    passphrase: null,
    knownHosts: `[127.0.0.1]:${port} ${host.publicKey}\n`,
    userAgent: 'headlock/0.1.0',
  });

/** What ssh2 has of a client, to send what no server sends. */
interface ClientInside {
  readonly _sock: Socket;
  readonly _protocol: {
    readonly _packetRW: {
      readonly write: { readonly allocStart: number; alloc(length: number): Buffer; finalize(packet: Buffer): Buffer };
    };
    readonly _cipher: { encrypt(packet: Buffer): void };
  };
}

function field(value: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value as string)]);
}

describe('a server that lies', () => {
  test('shows the pinned key, and has another: nobody logs in there', async () => {
    const liar = await startSshLiar({ hostKey: host.privateKey, signsBy: other.privateKey });
    const asked = connect(liar.port).advertise(signal, readAdvertisement);
    await expect(asked).rejects.toMatchObject({ code: 'host_key_changed', message: expect.stringContaining('signs') });
    expect(liar.wasTrusted()).toBe(false);
    liar.close();
  });

  test('runs nothing', async () => {
    const liar = await startSshLiar({ hostKey: host.privateKey });
    const asked = connect(liar.port).advertise(signal, readAdvertisement);
    await expect(asked).rejects.toMatchObject({ code: 'server_error', message: expect.stringContaining('exec') });
    expect(liar.wasTrusted()).toBe(true);
    liar.close();
  });

  test('sends far more than the window that it was granted', async () => {
    const serve = (channel: ServerChannel) => {
      Object.assign((channel as unknown as { outgoing: object }).outgoing, { window: Number.MAX_SAFE_INTEGER });
      const packet = Buffer.alloc(0xfff0, 'fff0');
      for (let sent = 0; sent < 64 * MEBIBYTE; sent += packet.length) channel.write(packet);
    };
    const liar = await startSshLiar({ hostKey: host.privateKey, serve });
    let taken = 0;
    const asked = connect(liar.port).advertise(signal, async (packets) => {
      for await (const packet of packets) {
        taken += sizeOf(packet);
        await liar.left;
      }
    });
    await expect(asked).rejects.toMatchObject({ code: 'bad_response', message: expect.stringContaining('granted') });
    expect(taken).toBeLessThan(16 * MEBIBYTE);
    liar.close();
  });

  test('asks without end, and reads no answer', async () => {
    const serve = (channel: ServerChannel) => {
      const { _sock: socket, _protocol: wire } = (channel as unknown as { _client: ClientInside })._client;
      // Whoever hears of host keys asks for a proof of each, and names it.
      const key = Buffer.concat([field('ssh-rsa'), field('\x03'), field(Buffer.alloc(30_000, 1))]);
      const payload = Buffer.concat([Buffer.of(80), field('hostkeys-00@openssh.com'), Buffer.of(0), field(key)]);
      socket.pause();
      const ask = () => {
        if (socket.destroyed) return;
        const { write } = wire._packetRW;
        const packet = write.alloc(payload.length);
        payload.copy(packet, write.allocStart);
        wire._cipher.encrypt(write.finalize(packet));
        setImmediate(ask);
      };
      ask();
    };
    const liar = await startSshLiar({ hostKey: host.privateKey, serve });
    const asked = connect(liar.port).advertise(AbortSignal.timeout(20_000), readAdvertisement);
    await expect(asked).rejects.toMatchObject({ code: 'bad_response', message: expect.stringContaining('granted') });
    liar.close();
  });
});

test('what is read slowly is not kept', async () => {
  const server = await startSshServer();
  onTestFinished(() => server.close());
  const line = "line=$(printf '%65515s' x); while :; do printf 'fff0%s\\n' \"$line\"; done";
  await server.behave(`printf '${OFFER.replaceAll('\n', '\\n')}'; ${line}`);
  const { url, privateKey, knownHosts } = server;
  const { port, username } = new URL(url);
  const transport = createSshTransport({
    url: { username, host: '127.0.0.1', port: Number(port), path: '/repository' },
    ...{ privateKey, passphrase: null, knownHosts, userAgent: 'headlock/0.1.0' },
  });
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const kept = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = kept();
  let [taken, turns, most] = [0, 0, 0];
  await transport.exchange({ body: '0000', maxBytes: 256 * MEBIBYTE, signal }, async (packets) => {
    for await (const packet of packets) {
      taken += sizeOf(packet);
      if (taken > 128 * MEBIBYTE) break;
      await new Promise(setImmediate);
      if (turns++ % 128 === 0) most = Math.max(most, kept() - before);
    }
  });
  expect(taken).toBeGreaterThan(128 * MEBIBYTE);
  // What was read is given back with a delay, on a machine that is busy.
  expect(most).toBeLessThan(64 * MEBIBYTE);
});

test('10,000 commits come in one fetch', async () => {
  const [server, repository] = await Promise.all([startSshServer(), createGitRepository({ bare: true })]);
  const commit = (count: number) =>
    `commit refs/heads/main\ncommitter Alice <alice@example.com> ${1_767_225_600 + count} +0000\ndata 5\n${String(count).padStart(5, '0')}\n`;
  await repository.pipe(Array.from({ length: 10_000 }, (_, count) => commit(count)).join(''), 'fast-import', '--quiet');
  const source = createSshSource({
    url: `${server.url}${repository.path}`,
    ...{ privateKey: server.privateKey, passphrase: null, knownHosts: server.knownHosts },
    ...{ limits: DEFAULT_BRANCH_LIMITS, timeoutMs: 100_000, userAgent: 'headlock/0.1.0' },
  });
  const outcome = await source.fetchCommits({ want: await repository.head('main'), have: null });
  expect(outcome.kind === 'commits' ? outcome.commits.size : outcome).toBe(10_000);
  await Promise.all([server.close(), repository.remove()]);
});

function sizeOf(packet: Packet): number {
  return packet.kind === 'data' ? packet.payload.length : 0;
}
