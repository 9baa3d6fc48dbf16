import { describe, expect, it } from 'vitest';
import { guessForge, isBot, keysUrlOfAddress, userOfAddress } from '../../../cli/audit/forges.ts';

describe('the user whom an address tells', () => {
  it.each([
    ['12345+alice@users.noreply.github.com', 'alice', 'https://github.com/alice.gpg'],
    ['alice-b@users.noreply.github.com', 'alice-b', 'https://github.com/alice-b.gpg'],
    ['12345-alice@users.noreply.gitlab.com', 'alice', 'https://gitlab.com/alice.gpg'],
    ['alice@noreply.codeberg.org', 'alice', null],
    ['alice@users.noreply.git.example.com', 'alice', null],
    ['alice@example.com', null, null],
    ['noreply@github.com', null, null],
    ['49699333+dependabot[bot]@users.noreply.github.com', null, null],
    ['../../x@users.noreply.github.com', null, null],
    [`${'a'.repeat(60)}@users.noreply.github.com`, null, null],
  ])('of %s is %s', (email, user, url) => {
    expect({ user: userOfAddress(email), url: keysUrlOfAddress(email) }).toEqual({ user, url });
  });
});

describe('a bot', () => {
  it.each([
    ['dependabot[bot]', '49699333+dependabot[bot]@users.noreply.github.com'],
    ['renovate', 'bot@renovateapp.com'],
    ['github-actions', 'actions@example.com'],
    ['fluxcdbot', 'flux@example.com'],
    ['K8s CI Robot', 'k8s@example.com'],
    ['Release', '41898282+github-actions[bot]@users.noreply.github.com'],
    ['****', 'project_42_bot_0a1b@noreply.gitlab.com'],
  ])('is %s <%s>', (name, email) => {
    expect(isBot({ name, email })).toBe(true);
  });

  it.each([
    ['Alice', 'alice@example.com'],
    ['Abbot', 'abbot@example.com'],
    ['Renovated', 'ren@example.com'],
  ])('is not %s <%s>', (name, email) => {
    expect(isBot({ name, email })).toBe(false);
  });
});

it.each([
  ['github.com', 'github'],
  ['github.example.com', 'github'],
  ['gitlab.com', 'gitlab'],
  ['gitlab.example.com', 'gitlab'],
  ['codeberg.org', 'gitea'],
  ['notgithub.com', null],
  ['git.example.com', null],
])('guesses what kind of forge %s is', (host, kind) => {
  expect(guessForge(host)).toBe(kind);
});
