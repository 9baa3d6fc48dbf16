import { expect, test } from 'vitest';
import { parseRemoteUrl } from '../../../shared/model/remote-url.ts';

test.each([
  'https://github.com/example/payments.git',
  'https://git.example.com:8443/a/b',
  'http://localhost:4400/x',
  'http://127.0.0.1/x',
  'http://127.8.9.1/x',
  'http://[::1]:80/x',
])('%s can be used', (url) => {
  expect(parseRemoteUrl(url).href).toBe(new URL(url).href);
});

test.each([
  ['http://github.com/x', 'insecure_url'],
  ['http://127.0.0.1.example.com/x', 'insecure_url'],
  ['http://localhost.example.com/x', 'insecure_url'],
  ['http://10.0.0.1/x', 'insecure_url'],
  ['http://169.254.169.254/latest', 'insecure_url'],
  ['https://alice:secret@github.com/x', 'credentials_in_url'],
  ['https://secret@github.com/x', 'credentials_in_url'],
  ['https://:secret@github.com/x', 'credentials_in_url'],
  ['https://github.com/x?token=secret', 'malformed_url'],
  ['https://github.com/x#secret', 'malformed_url'],
  ['ssh://git@github.com/secret', 'malformed_url'],
  ['git@github.com:secret', 'malformed_url'],
  ['file:///secret', 'malformed_url'],
  ['secret', 'malformed_url'],
  ['', 'malformed_url'],
])('%s is refused: %s, without repeating it', (url, code) => {
  expect(() => parseRemoteUrl(url)).toThrow(
    expect.objectContaining({ code, kind: 'configuration', message: expect.not.stringContaining('secret@') }),
  );
});
