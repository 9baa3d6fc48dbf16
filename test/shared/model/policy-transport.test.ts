import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../../shared/model/policy-error.ts';
import { parsePolicyFile } from '../../../shared/model/policy-file.ts';

const APP = '{ name: acme, provider: github, appId: 1234, privateKey: { secretRef: acme-key } }';
const TOKEN = 'credentials: { username: x, password: { secretRef: token } }';
const SSH = 'credentials: { sshKey: { secretRef: deploy }, knownHosts: known_hosts }';

interface Written {
  readonly apps?: readonly string[];
  readonly url?: string;
  readonly provider?: string;
  /** Lines of the repository, the first of which is the file's line 9 where there is one app. */
  readonly more?: readonly string[];
}

function write({ apps = [APP], url = 'https://github.com/example/shop.git', provider = 'github', more = [] }: Written) {
  return `apiVersion: headlock/v1
verifier: https://headlock.example.com/test
apps:
${apps.map((app) => `  - ${app}\n`).join('') || '  []\n'}repositories:
  - name: shop
    url: ${url}
    provider: ${provider}
${more.map((line) => `    ${line}\n`).join('')}    branches: [{ name: main, anchor: ${'a'.repeat(40)} }]
    signatories: [{ name: Bob, ssh: ssh-ed25519 AAAA }]
`;
}

const read = (written: Written) => parsePolicyFile(write(written), 'headlock.yaml')[0]?.policy;

function problemsOf(written: Written): readonly string[] {
  try {
    read(written);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

const ssh = { url: 'ssh://git@git.example.com/shop.git', more: [SSH] };

describe('how a policy says that a repository is fetched', () => {
  it('leaves everything out by default', () => {
    expect(read({})).toMatchObject({ credentials: null, commitStatus: null, certificateAuthority: null, apiUrl: null });
  });

  it('embeds the app that a repository names, so that who verifies reads one policy', () => {
    const app = { name: 'acme', appId: '1234', privateKey: { secretRef: 'acme-key' } };
    const more = ['credentials: { app: acme }', 'commitStatus: true'];
    expect(read({ more })).toMatchObject({
      credentials: { app: { ...app, webhook: null, apiUrl: 'https://api.github.com' } },
      commitStatus: { token: null },
    });
    const own = APP.replace('1234', 'Iv1.8a61f9b3a7aba766').replace(
      ' }',
      ' }, webhook: { secretRef: hook }, apiUrl: https://ghe.example.com/api/v3/',
    );
    expect(read({ apps: [own], url: 'https://ghe.example.com/a/shop', more })?.credentials).toEqual({
      app: {
        ...app,
        appId: 'Iv1.8a61f9b3a7aba766',
        webhook: { secretRef: 'hook' },
        apiUrl: 'https://ghe.example.com/api/v3',
      },
    });
  });

  it.each([
    ['https://api.acme.ghe.com', 'https://acme.ghe.com/a/shop'],
    ['https://ghe.example.com:8443/api/v3', 'https://ghe.example.com/a/shop'],
    ['http://127.0.0.1:4401/api/v3', 'http://127.0.0.1:4402/a/shop'],
  ])('takes the API at %s for that of %s', (apiUrl, url) => {
    const apps = [APP.replace('appId', `apiUrl: ${apiUrl}, appId`)];
    expect(problemsOf({ apps, url, more: ['credentials: { app: acme }'] })).toEqual([]);
  });

  it('reads deploy keys, with the file of host keys yet to be read', () => {
    const knownHosts = { path: 'known_hosts' };
    expect(read(ssh)?.credentials).toEqual({ sshKey: { secretRef: 'deploy' }, passphrase: null, knownHosts });
    const locked = SSH.replace('knownHosts', 'passphrase: { secretRef: words }, knownHosts');
    expect(read({ ...ssh, more: [locked] })?.credentials).toMatchObject({ passphrase: { secretRef: 'words' } });
  });

  it('reads who tells statuses, and what is asked of a private forge', () => {
    const more = [
      TOKEN,
      'commitStatus: { secretRef: teller }',
      'certificateAuthority: ca.pem',
      'apiUrl: https://git.example.com/sub/api/v4/',
    ];
    expect(read({ provider: 'gitlab', more })).toMatchObject({
      commitStatus: { token: { secretRef: 'teller' } },
      certificateAuthority: { path: 'ca.pem' },
      apiUrl: 'https://git.example.com/sub/api/v4',
    });
    expect(read({ more: ['commitStatus: false'] })?.commitStatus).toBeNull();
  });

  it.each<[string, Written, string]>([
    ['an app that is not listed', { more: ['credentials: { app: other }'] }, '9: `credentials` names the app `other`'],
    ['two apps of one name', { apps: [APP, APP] }, '5: The app `acme` is listed twice'],
    [
      'an app with the name of a repository',
      { apps: [APP.replace('acme', 'shop')] },
      '6: An app has the name `shop` too',
    ],
    ['an app of another forge', { apps: [APP.replace('github', 'gitlab')] }, 'Only GitHub has apps'],
    ['an app without an id', { apps: [APP.replace('1234', '-1')] }, 'Write the id of the app'],
    ['an app under a bad name', { apps: [APP.replace('acme', 'Acme')] }, 'The name of an app has lower-case'],
    [
      'an app whose API anybody could read',
      { apps: [APP.replace('appId', 'apiUrl: http://ghe.example.com/api/v3, appId')] },
      'over https',
    ],
    [
      'an app at another forge than its repository',
      { url: 'https://ghe.example.com/a/b', more: ['credentials: { app: acme }'] },
      '9: The app `acme` signs in at api.github.com, which is not where this repository is',
    ],
    [
      'an app of a forge beside that of its repository',
      {
        apps: [APP.replace('appId', 'apiUrl: https://ghe.example.com/api/v3, appId')],
        url: 'https://git.example.com/a/b',
        more: ['credentials: { app: acme }'],
      },
      '9: The app `acme` signs in at ghe.example.com',
    ],
    [
      'an app of github.com with the address of another kind of server',
      {
        apps: [APP.replace('appId', 'apiUrl: https://github.com/api/v3, appId')],
        more: ['credentials: { app: acme }'],
      },
      '9: The app `acme` signs in at github.com, which is not where',
    ],
    [
      'an app for a repository without an owner',
      { url: 'https://github.com/shop.git', more: ['credentials: { app: acme }'] },
      '7: repositories[0].url: An app finds a repository by its owner and name',
    ],
    [
      'an app for another provider',
      { provider: 'generic', more: ['credentials: { app: acme }'] },
      '8: repositories[0].provider: Only GitHub has apps',
    ],
    [
      'an API beside that of the app',
      { more: ['credentials: { app: acme }', 'apiUrl: https://api.github.com'] },
      '10: repositories[0].apiUrl: The API of an app',
    ],
    ['an ssh URL without credentials', { ...ssh, more: [] }, '7: repositories[0].url: An ssh URL needs'],
    ['an ssh URL with a token', { ...ssh, more: [TOKEN] }, '9: repositories[0].credentials: An ssh URL needs'],
    ['an SSH key with an https URL', { more: [SSH] }, '9: repositories[0].credentials: An SSH key needs an ssh URL'],
    [
      'an SSH key without known hosts',
      { ...ssh, more: ['credentials: { sshKey: { secretRef: deploy } }'] },
      '9: repositories[0].credentials: Write `{ username: …',
    ],
    ['the form of scp', { ...ssh, url: 'git@github.com:example/shop.git' }, 'Write it as ssh://git@host/path.git'],
    [
      'a status to a forge that takes none',
      { provider: 'bitbucket', more: [TOKEN, 'commitStatus: true'] },
      '10: repositories[0].commitStatus: Commit statuses are told to GitHub, GitLab, Gitea and Forgejo alone',
    ],
    [
      'a status with no token at all',
      { more: ['commitStatus: true'] },
      '9: repositories[0].commitStatus: `true` tells statuses with the token',
    ],
    [
      'a status with an SSH key',
      { ...ssh, more: [SSH, 'commitStatus: true'] },
      '10: repositories[0].commitStatus: `true` tells statuses with the token',
    ],
    [
      'a status of no kind',
      { more: [TOKEN, 'commitStatus: yes please'] },
      '10: repositories[0].commitStatus: Write `true`',
    ],
    [
      'an API that is no URL',
      { more: [TOKEN, 'apiUrl: git.example.com'] },
      '10: repositories[0].apiUrl: Write the base',
    ],
    ['an API with a password', { more: [TOKEN, 'apiUrl: https://a:b@c.example.com'] }, 'Write the base'],
  ])('refuses %s', (_, written, problem) => {
    expect(problemsOf(written).join('\n')).toContain(problem);
  });

  it('lets a token of its own tell the status of a repository behind SSH', () => {
    const policy = read({ ...ssh, more: [SSH, 'commitStatus: { secretRef: teller }'] });
    expect(policy?.commitStatus).toEqual({ token: { secretRef: 'teller' } });
  });
});
