import { chmod, readdir, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startServices } from '../../../../infra/local/services/start-services.ts';
import { failToServe } from './served-folder.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

async function start(folder: string) {
  const services = await startServices({ folder });
  onTestFinished(services.close);
  return services;
}

test('a folder serves one process: a second one is refused, and does not wait for the first', async () => {
  const folder = join(await createTemporaryFolder(), 'new', 'folder');
  const { credentials } = await start(folder);
  expect(await failToServe(folder)).toContain(`The data folder ${folder} is in use by another Headlock.`);
  await expect(startServices({ folder })).rejects.toMatchObject({
    code: 'data_folder_in_use',
    kind: 'configuration',
    message: expect.stringContaining('--data'),
  });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).toContain('credentials.json');
  expect(credentials.secretAccessKey.length).toBeGreaterThanOrEqual(40);
});

test('a folder that others could read is closed to them, with all that is in it', async () => {
  const folder = await createTemporaryFolder();
  await chmod(folder, 0o755);
  await start(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('keys and credentials are for the owner alone, and stay with the folder', async () => {
  const folder = await createTemporaryFolder();
  const first = await startServices({ folder });
  const key = first.createKey('SecretsKey', { EnableKeyRotation: true });
  await first.close();
  for (const file of ['credentials.json', 'keys.json']) {
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  }
  const second = await start(folder);
  expect(second.credentials).toEqual(first.credentials);
  expect(second.createKey('SecretsKey', {})).toEqual(key);
  expect(second.createKey('OtherKey', {})).not.toEqual(key);
  expect((await start(await createTemporaryFolder())).credentials).not.toEqual(first.credentials);
});

test('only the loopback interface is bound', async () => {
  const { endpoint } = await start(await createTemporaryFolder());
  const { hostname, port } = new URL(endpoint);
  expect(hostname).toBe('127.0.0.1');
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others) {
    await expect(fetch(`http://${address}:${port}/`, { method: 'POST' })).rejects.toThrow();
  }
});
