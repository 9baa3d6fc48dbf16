import { describe, expect, test } from 'vitest';
import { readAdvertisement } from '../../../../shared/git/advertisement.ts';
import {
  type Capabilities,
  encodeCommand,
  parseCapabilities,
} from '../../../../shared/git/protocol-v2/capabilities.ts';
import { packetsOfAnswer } from '../../../support/wire-answer.ts';

const read = async (...packets: readonly string[]): Promise<Capabilities> =>
  parseCapabilities(await readAdvertisement(packetsOfAnswer(...packets)));
const LINES = [
  'version 2',
  'agent=git/2.39.5',
  'ls-refs=unborn',
  'fetch=shallow wait-for-done filter',
  'server-option',
  'object-format=sha1',
  '0000',
];

describe('an advertisement', () => {
  test('is read with and without the service line', async () => {
    const expected = { objectFormat: 'sha1', namesObjectFormat: true, takesAgent: true, filter: true, shallow: true };
    expect(await read(...LINES)).toEqual(expected);
    expect(await read('# service=git-upload-pack', '0000', ...LINES)).toEqual(expected);
  });

  test('of the least that v2 may offer', async () => {
    const expected = {
      objectFormat: 'sha1',
      namesObjectFormat: false,
      takesAgent: false,
      filter: false,
      shallow: false,
    };
    expect(await read('version 2', 'ls-refs', 'fetch', '0000')).toEqual(expected);
  });

  test('of a SHA-256 repository', async () => {
    const sha256 = LINES.map((line) => line.replace('sha1', 'sha256'));
    expect(await read(...sha256)).toMatchObject({ objectFormat: 'sha256' });
  });

  test.each([
    ['no ls-refs', ['version 2', 'fetch', '0000'], /ls-refs/],
    ['no fetch', ['version 2', 'ls-refs', '0000'], /fetch/],
    ['an unknown object format', ['version 2', 'ls-refs', 'fetch', 'object-format=sha3', '0000'], /object format/],
    ['no end', LINES.slice(0, -1), /incomplete/],
    ['no bytes', [], /incomplete/],
    ['a delimiter', ['version 2', '0001', 'fetch', '0000'], /stray/],
    ['lines without end', ['version 2', ...Array.from({ length: 2_000 }, () => 'x'), '0000'], /too many/],
  ])('of %s is refused, and says what is missing', async (_, packets, message) => {
    await expect(read(...packets)).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringMatching(message),
    });
  });

  test('that is an error is quoted, printable and bounded', async () => {
    await expect(read(`ERR busy\u001b[31m ${'x'.repeat(500)}`)).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringMatching(/"busy \[31m x{100,200}"/),
    });
  });
});

test('a command names the agent and the object format only where the server does', () => {
  const capabilities: Capabilities = {
    objectFormat: 'sha256',
    namesObjectFormat: true,
    takesAgent: true,
    filter: true,
    shallow: true,
  };
  expect(encodeCommand('ls-refs', capabilities, 'headlock/1', ['ref-prefix a'])).toBe(
    '0014command=ls-refs\n0015agent=headlock/1\n0019object-format=sha256\n00010011ref-prefix a\n0000',
  );
  const least: Capabilities = { ...capabilities, namesObjectFormat: false, takesAgent: false };
  expect(encodeCommand('fetch', least, 'headlock/1', [])).toBe('0012command=fetch\n00010000');
});
