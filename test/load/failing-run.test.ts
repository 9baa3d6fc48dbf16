import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runAtRate } from './steady-rate.ts';

it('ends by itself where whoever started it is gone before it runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-load-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const child = fork(join(import.meta.dirname, 'serve.ts'), [folder], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  child.disconnect();
  expect(await ended).toEqual([0, null]);
});

it('sends no more where one fails, and says why', async () => {
  let sent = 0;
  const send = async () => {
    sent += 1;
    throw new Error('It is away.');
  };
  await expect(runAtRate(1, 600, send)).rejects.toThrow('It is away.');
  expect(sent).toBe(1);
});
