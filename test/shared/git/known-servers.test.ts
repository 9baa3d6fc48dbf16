import { describe, expect, test } from 'vitest';
import type { GitTransport } from '../../../shared/git/git-transport.ts';
import { openRemote } from '../../../shared/git/open-remote.ts';
import { readPackets } from '../../../shared/git/pkt-line.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { COLLECTED, collectPack } from '../../support/collect-pack.ts';
import { oidOf } from '../../support/small-history.ts';
import { encodeAnswer, encodePackfile, oneChunk, packetsOfAnswer } from '../../support/wire-answer.ts';

const WANT = oidOf('a');
const HAVE = oidOf('b');
const AGENT = 'agent=headlock/1';

/** What a server says first, and what we then ask of it: the commits that are new since one that we have. */
interface KnownServer {
  readonly name: string;
  readonly says: readonly string[];
  readonly isAsked: readonly string[];
}

const refs = (capabilities: string) => [`${WANT} HEAD\0${capabilities}`, `${WANT} refs/heads/main`, '0000'];
const asksV0 = (capabilities: string, ...more: readonly string[]) => [
  `want ${WANT} ${capabilities}`,
  ...more,
  '0000',
  `have ${HAVE}`,
  '0000',
];
const asksV2 = (head: readonly string[], ...more: readonly string[]) => [
  'command=fetch',
  ...head,
  '0001',
  'no-progress',
  'ofs-delta',
  `want ${WANT}`,
  ...more,
  `have ${HAVE}`,
  '0000',
];

const GIT_V0 =
  'multi_ack thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not deepen-relative no-progress include-tag multi_ack_detailed';

const SERVERS: readonly KnownServer[] = [
  {
    // As github.com answers to GIT_TRACE_PACKET. GitLab and Gitea run git itself, with filters on (Gitaly's command
    // description; Gitea's `DISABLE_PARTIAL_CLONE`), and differ in the agent alone.
    name: 'GitHub, GitLab or Gitea in version 2',
    says: [
      'version 2',
      'agent=git/github-b60c2b516187',
      'ls-refs=unborn',
      'fetch=shallow wait-for-done filter',
      'server-option',
      'object-format=sha1',
      '0000',
    ],
    isAsked: asksV2([AGENT, 'object-format=sha1'], 'filter tree:0'),
  },
  {
    name: 'GitHub in version 0',
    says: [
      '# service=git-upload-pack',
      '0000',
      ...refs(
        `${GIT_V0} allow-tip-sha1-in-want allow-reachable-sha1-in-want no-done symref=HEAD:refs/heads/main filter object-format=sha1 agent=git/github-f133c3a1d7e6`,
      ),
    ],
    isAsked: asksV0(
      `side-band-64k multi_ack_detailed no-done ofs-delta no-progress shallow filter object-format=sha1 ${AGENT}`,
      'filter tree:0',
    ),
  },
  {
    // Bitbucket Cloud knew no filter (BSERV-11639); nor do Gitea where partial clones are disabled, and git unless told to.
    name: 'Bitbucket Cloud, or any git without filters, in version 2',
    says: [
      'version 2',
      'agent=git/2.45.2',
      'ls-refs=unborn',
      'fetch=shallow',
      'server-option',
      'object-format=sha1',
      '0000',
    ],
    isAsked: asksV2([AGENT, 'object-format=sha1']),
  },
  {
    // As JGit 6.9 answers; its agent came with eclipse-jgit/jgit#118. It refuses an `object-format` that it did not name.
    name: 'Gerrit (JGit) in version 2',
    says: ['version 2', 'ls-refs', 'fetch=filter shallow', 'server-option', '0000'],
    isAsked: asksV2([], 'filter tree:0'),
  },
  {
    // As JGit 6.9 answers, with the space before the first capability.
    name: 'Gerrit (JGit) in version 0',
    says: refs(
      ' include-tag multi_ack_detailed multi_ack ofs-delta side-band side-band-64k thin-pack no-progress shallow agent=JGit/6.9.0.202403050737-r symref=HEAD:refs/heads/main',
    ),
    isAsked: asksV0(`side-band-64k multi_ack_detailed ofs-delta no-progress shallow ${AGENT}`),
  },
  {
    // Answers 400 (TF401041) to a request with neither kind of multi_ack: go-git/go-git#64, ConfigButler/gitops-reverser#288;
    // AWS CodeCommit likewise: fluxcd/pkg#576.
    name: 'Azure DevOps or CodeCommit with multi_ack alone',
    says: [
      '# service=git-upload-pack',
      '0000',
      ...refs('multi_ack thin-pack side-band side-band-64k ofs-delta shallow'),
    ],
    isAsked: asksV0('side-band-64k multi_ack ofs-delta shallow'),
  },
  {
    name: 'Azure DevOps or CodeCommit with both kinds',
    says: ['# service=git-upload-pack', '0000', ...refs('side-band-64k multi_ack multi_ack_detailed no-done')],
    isAsked: asksV0('side-band-64k multi_ack_detailed no-done'),
  },
];

describe.each(SERVERS)('$name', ({ says, isAsked }) => {
  const open = (answer: Uint8Array) => {
    const bodies: string[] = [];
    const transport: GitTransport = {
      advertise: (_, read) => read(packetsOfAnswer(...says)),
      exchange: ({ body }, read) => {
        bodies.push(body);
        return read(readPackets(oneChunk(answer)));
      },
    };
    return { bodies, remote: openRemote(transport, 'headlock/1', AbortSignal.timeout(60_000)) };
  };
  const pack = encodePackfile(Buffer.from('PACK'));

  test('is asked for what it can give', async () => {
    const isV2 = says[0] === 'version 2';
    const { bodies, remote } = open(isV2 ? pack : Buffer.from(encodeAnswer('NAK')));
    const request = { wants: [WANT], have: HAVE, done: false, tipsOnly: false, filter: 'tree:0' } as const;
    const { openPack } = collectPack();
    const reply = await (await remote).fetch(
      { ...request, limits: DEFAULT_BRANCH_LIMITS, openPack },
      AbortSignal.timeout(60_000),
    );
    expect(bodies).toEqual([encodeAnswer(...isAsked)]);
    expect(reply).toEqual(
      isV2 ? { kind: 'pack', sent: COLLECTED, isShallow: false } : { kind: 'no-pack', have: 'unknown' },
    );
  });

  test('lists its branch', async () => {
    const { remote } = open(Buffer.from(encodeAnswer(`${WANT} refs/heads/main`, '0000')));
    const listed: string[] = [];
    await (await remote).listRefs(['refs/heads/'], AbortSignal.timeout(60_000), (name, oid) =>
      listed.push(`${oid} ${name}`),
    );
    expect(listed).toEqual([`${WANT} refs/heads/main`]);
  });
});
