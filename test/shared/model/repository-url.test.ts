import { expect, it } from 'vitest';
import { normalizeRepositoryUrl, ownerAndName } from '../../../shared/model/repository-url.ts';

it.each([
  'https://github.com/acme/shop',
  'https://github.com/acme/shop.git',
  'https://github.com/acme/shop/',
  'https://github.com/acme/shop.git/',
  'HTTPS://GitHub.COM:443/acme/shop.git',
])('writes %s as all do that are the same repository', (url) => {
  expect(normalizeRepositoryUrl(url)).toBe('https://github.com/acme/shop');
});

it.each([
  ['https://github.com/acme/Shop.git', 'https://github.com/acme/Shop'],
  ['https://github.com/acme/shop.git.git', 'https://github.com/acme/shop.git'],
  ['http://127.0.0.1:3000/acme/shop', 'http://127.0.0.1:3000/acme/shop'],
  ['https://github.com:8443/acme/shop?x#y', 'https://github.com:8443/acme/shop'],
  ['git@github.com:acme/shop.git', null],
  ['ssh://git@github.com/acme/shop.git', null],
  ['javascript:alert(1)', null],
  ['https://', null],
  ['', null],
  [`https://github.com/${'x'.repeat(2100)}`, null],
])('writes %.60s as %s', (url, expected) => {
  expect(normalizeRepositoryUrl(url)).toBe(expected);
});

it.each([
  ['https://github.com/acme/shop.git', { owner: 'acme', name: 'shop' }],
  ['https://github.com/acme/.github', { owner: 'acme', name: '.github' }],
  ['https://github.com/acme/shop.js/', { owner: 'acme', name: 'shop.js' }],
  ['https://github.com/acme', null],
  ['https://github.com/acme/group/shop', null],
  ['https://github.com/acme/sh%2fop', null],
])('knows of %s owner and name', (url, expected) => {
  expect(ownerAndName(url)).toEqual(expected);
});
