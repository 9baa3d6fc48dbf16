import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../../shared/model/policy-error.ts';
import { listSignatories, parsePolicyFile } from '../../../shared/model/policy-file.ts';

const ANCHOR = '897c1a470da759236cc11798f4e0a5f7d4d59fbc';

const TOO_MANY = Array.from({ length: 21 }, (_, n) => `{ pattern: v${n} }`).join(', ');

const GOOD = `apiVersion: headlock/v1
verifier: https://headlock.example.com/production
repositories:
  - name: payments-manifests
    url: https://github.com/example/payments-manifests.git
    provider: github
    credentials: { username: x-access-token, password: { secretRef: payments-token } }
    webhook: { secretRef: payments-webhook }
    branches:
      - name: main
        anchor: ${ANCHOR}
        limits: { commits: 5 }
    signatories:
      - name: Alice
        emails: [alice@example.com]
        openpgp: keys/alice.asc
      - name: Bob
        ssh: "ssh-ed25519 AAAA bob"
        validFrom: 2026-01-01
        validUntil: 2027-06-30
`;

function problemsOf(text: string): readonly { line: number; message: string }[] {
  try {
    parsePolicyFile(text, 'headlock.yaml');
  } catch (error) {
    if (error instanceof PolicyError) return error.problems;
    throw error;
  }
  return [];
}

describe('parsePolicyFile', () => {
  it('reads a whole policy with its defaults', () => {
    const [entry] = parsePolicyFile(GOOD, 'headlock.yaml');
    expect(entry?.policy).toMatchObject({
      repository: 'payments-manifests',
      provider: 'github',
      webhook: { secretRef: 'payments-webhook' },
      branches: [
        { name: 'main', mode: 'all', anchor: ANCHOR, enforcement: 'enforce', keyTime: 'first-seen', matchEmail: false },
      ],
    });
    expect(entry?.policy.branches[0]?.limits).toMatchObject({ commits: 5, parents: 16 });
    expect(entry?.signatories).toMatchObject([
      { name: 'Alice', openpgp: 'keys/alice.asc', ssh: null, validFrom: null, validUntil: null },
      { name: 'Bob', openpgp: null, ssh: { keys: ['ssh-ed25519 AAAA bob'], principals: [] } },
    ]);
    expect(entry?.lineOf(['url'])).toBe(5);
    expect(entry?.lineOf(['branches', 0, 'anchor'])).toBe(11);
    expect(entry?.signatories.map(({ lineOf }) => [lineOf(), lineOf(['ssh', 0])])).toEqual([
      [14, 14],
      [17, 18],
    ]);
  });

  it('reads SSH keys as a line, a list, or with what more is asked of them', () => {
    const sshOf = (text: string) =>
      parsePolicyFile(GOOD.replace('ssh: "ssh-ed25519 AAAA bob"', `ssh: ${text}`), 'headlock.yaml')[0]?.signatories[1]
        ?.ssh;
    expect(sshOf('[a, b]')).toMatchObject({ keys: ['a', 'b'], userVerification: false });
    expect(sshOf('{ keys: a }')).toMatchObject({ keys: ['a'], userVerification: false });
    expect(sshOf('{ keys: [a, b], userVerification: true }')).toMatchObject({
      keys: ['a', 'b'],
      userVerification: true,
    });
  });

  it.each([
    ['5', 'Write one SSH public key'],
    ['[]', 'Write one SSH public key'],
    ['[5]', 'Write one SSH public key'],
    ['{ keys: [] }', 'Write one SSH public key'],
    ['{ keys: a, unheardOf: 1 }', '`unheardOf` is not known'],
    ['{}', 'Write one SSH public key'],
    ['{ allowedSigners: [a] }', 'Write the path'],
    ['{ revocations: a }', 'Write one SSH public key'],
    ['{ certificateAuthority: a }', 'need each other'],
    ['{ keys: a, principals: [b] }', 'need each other'],
    ['{ certificateAuthority: a, principals: [] }', 'List the principals'],
    ['{ keys: a, userVerification: perhaps }', 'Write true or false'],
  ])('refuses `ssh: %s`', (text, message) => {
    const problems = problemsOf(GOOD.replace('ssh: "ssh-ed25519 AAAA bob"', `ssh: ${text}`));
    expect(problems).toEqual([{ file: 'headlock.yaml', line: 18, message: expect.stringContaining(message) }]);
  });

  it('counts a bare `validUntil` to the end of its day, UTC', () => {
    const bob = parsePolicyFile(GOOD, 'headlock.yaml')[0]?.signatories[1];
    expect(bob?.validFrom).toBe(Date.UTC(2026, 0, 1) / 1000);
    expect(bob?.validUntil).toBe(Date.UTC(2027, 6, 1) / 1000);
  });

  it('names three mistakes at once, each with its line and the fix', () => {
    const text = GOOD.replace('provider: github', 'provider: githup')
      .replace(`anchor: ${ANCHOR}`, 'anchor: 897c1a4')
      .replace('emails: [alice@example.com]', 'email: alice@example.com');
    expect(problemsOf(text)).toMatchObject([
      {
        line: 6,
        message: expect.stringContaining(
          'Write one of `github`, `gitlab`, `gitea`, `forgejo`, `bitbucket`, `generic`.',
        ),
      },
      { line: 11, message: expect.stringContaining('git rev-parse HEAD') },
      { line: 15, message: expect.stringContaining('`email` is not known here') },
    ]);
  });

  it.each([
    ['http to another host', 'https://github.com/example', 'http://github.com/example', 'Use https'],
    [
      'a host that only looks like loopback',
      'https://github.com/example',
      'http://127.0.0.1.example.com/x',
      'Use https',
    ],
    ['a query in the URL', 'manifests.git', 'manifests.git?token=x', 'has a query or a fragment'],
    ['credentials in the URL', 'https://github.com', 'https://user:secret@github.com', 'holds a user name or password'],
    ['an unknown key at the top', 'verifier:', 'extra: 1\nverifier:', '`extra` is not known here'],
    ['a feature that does not exist', 'branches:', 'sops: []\n    branches:', '`sops` is not known here'],
    ['a signatory without keys', '        openpgp: keys/alice.asc\n', '', 'A signatory needs keys'],
    [
      'a publisher who is no signatory',
      'limits: { commits: 5 }',
      'publishers: [Alice, Carol]',
      '`publishers` names `Carol`, and no signatory has that name',
    ],
    ['nobody as publisher', 'limits: { commits: 5 }', 'publishers: []', 'Name at least one signatory'],
    ['one name as publishers', 'limits: { commits: 5 }', 'publishers: Alice', 'List the names of signatories'],
    [
      'an accepted commit without a reason',
      'signatories:',
      `accepted: [{ commit: ${ANCHOR} }]\n    signatories:`,
      'Say why',
    ],
    [
      'an abbreviated accepted commit',
      'signatories:',
      'accepted: [{ commit: "897c1a4", reason: Old }]\n    signatories:',
      'Write the full commit id',
    ],
    [
      'an accepted payload',
      'signatories:',
      `accepted: [{ payloadSha256: "${'a'.repeat(64)}", reason: Old }]\n    signatories:`,
      '`payloadSha256` is not known here',
    ],
    [
      'a denied commit named in two ways',
      'signatories:',
      `denied: [{ commit: ${ANCHOR}, payloadSha256: "${'a'.repeat(64)}", reason: Bad }]\n    signatories:`,
      'Name either `commit` or `payloadSha256`',
    ],
    ['a denial of nothing', 'signatories:', 'denied: [{ reason: Bad }]\n    signatories:', 'Name either `commit`'],
    [
      'a payload that is no SHA-256',
      'signatories:',
      'denied: [{ payloadSha256: "ab", reason: Bad }]\n    signatories:',
      '64 lower-case hexadecimal digits',
    ],
    ['a short key id', 'signatories:', 'compromisedKeys: ["6C92F1A0"]\n    signatories:', 'Write a whole fingerprint'],
    ['an unknown limit', 'validFrom: 2026-01-01', 'limit: squashes', 'Write `merges` or `up-to-date-merges`'],
    ['two signatories of one name', 'name: Bob', 'name: Alice', 'listed twice'],
    ['a ref in place of a branch', 'name: main', 'name: "../main"', 'This is no branch name'],
    ['a full ref in place of a branch', 'name: main', 'name: refs/heads/main', 'Write it without `refs/heads/`'],
    [
      'a full ref in place of a tag',
      'branches:',
      'tags: [{ pattern: refs/tags/v* }]\n    branches:',
      'without `refs/tags/`',
    ],
    ['a pattern of no tag', 'branches:', 'tags: [{ pattern: "v?" }]\n    branches:', 'Write the names of tags'],
    ['a tag pattern twice', 'branches:', 'tags: [{ pattern: v }, { pattern: v }]\n    branches:', 'listed twice'],
    ['an unknown proof of tags', 'branches:', 'tags: [{ pattern: v, verify: commit }]\n    branches:', 'Write `tag`'],
    ['too many patterns', 'branches:', `tags: [${TOO_MANY}]\n    branches:`, 'List at most 20 patterns'],
    ['a date that does not exist', '2027-06-30', '2027-13-01', 'There is no such date'],
    ['broken YAML', 'repositories:', 'repositories: [', 'This is no valid YAML: '],
    ['a key given twice', 'provider: github', 'provider: github\n    provider: gitlab', 'unique'],
  ])('refuses %s', (_, from, to, message) => {
    const problems = problemsOf(GOOD.replace(from, to));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.map((problem) => problem.message).join()).toContain(message);
    for (const { line } of problems) expect(line).toBeGreaterThan(0);
  });

  it('reads who may publish, and names the line of a publisher whom nobody lists (trust rule 4.8)', () => {
    const listed = GOOD.replace('limits: { commits: 5 }', 'publishers:\n          - Bob\n          - Alice');
    expect(parsePolicyFile(listed, 'headlock.yaml')[0]?.policy.branches[0]?.publishers).toEqual(['Bob', 'Alice']);
    expect(parsePolicyFile(GOOD, 'headlock.yaml')[0]?.policy.branches[0]?.publishers).toBeNull();
    expect(problemsOf(listed.replace('- Bob', '- Bobby'))).toMatchObject([{ line: 13 }]);
  });

  it('reads on which merges a signatory counts (trust rule 3.5)', () => {
    const text = GOOD.replace('validFrom: 2026-01-01', 'limit: up-to-date-merges');
    const limits = parsePolicyFile(text, 'headlock.yaml')[0]?.signatories.map(({ limit }) => limit);
    expect(limits).toEqual([null, 'up-to-date-merges']);
  });

  it('reads which tags are guarded, with branches and without (trust rule 4.9)', () => {
    const tags = 'tags: [{ pattern: "v*" }, { pattern: nightly, verify: tag, keyTime: ignore }]';
    const read = (text: string) => parsePolicyFile(text, 'headlock.yaml')[0]?.policy;
    const expected = [
      { pattern: 'v*', verify: 'tag-and-commit', keyTime: 'first-seen' },
      { pattern: 'nightly', verify: 'tag', keyTime: 'ignore' },
    ];
    expect(read(GOOD)?.tags).toEqual([]);
    expect(read(GOOD.replace('branches:', `${tags}\n    branches:`))?.tags).toEqual(expected);
    const [before = '', after = ''] = GOOD.split(/ {4}branches:[\s\S]*(?= {4}signatories:)/);
    expect(read(`${before}    ${tags}\n${after}`)).toMatchObject({ branches: [], tags: expected });
    expect(() => read(before + after)).toThrow(
      'List at least one branch under `branches:`, or a pattern under `tags:`',
    );
  });

  it('reads accepted and denied commits (trust rule 2.7)', () => {
    expect(parsePolicyFile(GOOD, 'headlock.yaml')[0]?.policy).toMatchObject({ accepted: [], denied: [] });
    const payloadSha256 = 'a'.repeat(64);
    const text = `${GOOD}    accepted: [{ commit: ${ANCHOR}, reason: Old key }]
    denied: [{ commit: ${ANCHOR}, reason: Stolen }, { payloadSha256: ${payloadSha256}, reason: Stolen }]
`;
    expect(parsePolicyFile(text, 'headlock.yaml')[0]?.policy).toMatchObject({
      accepted: [{ commit: ANCHOR, reason: 'Old key' }],
      denied: [
        { commit: ANCHOR, reason: 'Stolen' },
        { payloadSha256, reason: 'Stolen' },
      ],
    });
  });

  it('reads fingerprints of compromised keys as tools print them (trust rule 3.3)', () => {
    expect(parsePolicyFile(GOOD, 'headlock.yaml')[0]?.policy.compromisedKeys).toEqual([]);
    const ssh = `SHA256:${'aB+/'.repeat(10)}xyz`;
    const text = `${GOOD}    compromisedKeys: ["0x${'AB12'.repeat(10)}", ${'AB12 '.repeat(5)} ${'AB12 '.repeat(5)}, ${ssh}]\n`;
    const openPgp = 'ab12'.repeat(10);
    expect(parsePolicyFile(text, 'headlock.yaml')[0]?.policy.compromisedKeys).toEqual([openPgp, openPgp, ssh]);
  });

  it('never repeats what stands in a URL with credentials', () => {
    const [problem] = problemsOf(GOOD.replace('https://github.com', 'https://user:hunter2@github.com'));
    expect(problem?.message).not.toContain('hunter2');
  });

  it('accepts http to this machine', () => {
    expect(problemsOf(GOOD.replace('https://github.com/example', 'http://127.0.0.1:4400/x'))).toEqual([]);
  });

  it('bounds aliases that would grow without end', () => {
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`;
    expect(problemsOf(bomb).length).toBeGreaterThan(0);
  });
});

describe('listSignatories', () => {
  it('reads the signatories that are well formed, whatever is wrong beside them', () => {
    const text = GOOD.replace('provider: github', 'provider: githup').replace('emails:', 'email:');
    expect(listSignatories(text, 'headlock.yaml')).toMatchObject([{ name: 'Bob' }]);
    expect(listSignatories(`${text}  - 5\n  - { signatories: 7 }\n`, 'headlock.yaml')).toMatchObject([{ name: 'Bob' }]);
  });

  it.each(['', 'repositories: 5', '- 1'])('finds none in %j', (text) => {
    expect(listSignatories(text, 'headlock.yaml')).toEqual([]);
  });
});
