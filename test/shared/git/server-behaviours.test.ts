import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHttpSource } from '../../../shared/git/http-source.ts';
import { readTree } from '../../../shared/git/parse-commit.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { type BranchLimits, DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { writeBareRepository } from '../../support/bare-repository.ts';
import { type BranchWorld, createBranchWorld } from '../../support/branch-world.ts';
import { buildDelta, buildPack, encodeSize, type PackPart, sealPack } from '../../support/build-pack.ts';
import {
  type GitHttpServer,
  type GitHttpServerOptions,
  type GitServerCommand,
  type GitServerFault,
  type GitServerRequest,
  startGitHttpServer,
} from '../../support/git-http-server.ts';
import { oidOf } from '../../support/small-history.ts';
import { encodeAnswer, encodePackfile, sideBand } from '../../support/wire-answer.ts';

/**
 * A forge's repositories, by what it says that the branch points at. The history is the same each time: the published commit
 * has a good commit on top; a good merge brings in an unsigned one that left before it.
 */
interface History {
  readonly world: BranchWorld;
  readonly published: Oid;
  readonly tip: Oid;
  readonly hidden: Oid;
  readonly merge: Oid;
  readonly rewritten: Oid;
  readonly unrelated: Oid;
  readonly raw: (oid: Oid) => Buffer;
}

async function makeHistory(): Promise<History> {
  const world = await createBranchWorld('sha1', () => {});
  const published = world.commit('alice', [world.anchor]);
  world.forge.branches.set('main', published);
  await world.verify();
  const tip = world.commit('alice', [published]);
  const hidden = world.commit(null, [world.anchor]);
  const merge = world.commit('alice', [published, hidden]);
  const rewritten = world.commit('alice', [world.anchor]);
  const unrelated = world.commit('alice', []);
  const raw = (oid: Oid) => world.forge.commits.get(oid) ?? Buffer.alloc(0);
  return { world, published, tip, hidden, merge, rewritten, unrelated, raw };
}

/** What a run made of it, in a word. */
function outcomeOf(state: BranchState, { published, tip }: History): string {
  const trusted = state.trusted?.oid;
  if (trusted === tip) return 'publishes the tip';
  if (trusted !== published) return 'publishes something else';
  if (state.unreachable !== null) return `unreachable: ${state.unreachable.cause}`;
  if (state.lock !== null) return `locks: ${state.lock.reason}`;
  return state.lagging === null ? 'nothing new' : 'waits: a lagging replica';
}

let root: string;
let server: GitHttpServer;
/** Another origin. */
let elsewhere: GitHttpServer;
let history: History;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hl-behaviours-'));
  server = await startGitHttpServer(root);
  elsewhere = await startGitHttpServer(root);
  history = await makeHistory();
  const { published, tip, merge, rewritten, unrelated, world } = history;
  // Nobody reads them, but git wants them to be there.
  const trees = new Map([...world.forge.commits].map(([oid, raw]) => [readTree(oid, raw) ?? oid, Buffer.alloc(0)]));
  const repositories: Record<string, Oid | null> = {
    tip,
    merge,
    rewritten,
    unrelated,
    published,
    older: world.anchor,
    gone: null,
  };
  for (const [name, oid] of Object.entries(repositories)) {
    const refs = new Map([
      ['refs/heads/kept', tip],
      ['refs/heads/main2', tip],
      ['refs/heads/kept-merge', merge],
      ['refs/tags/main', tip],
    ]);
    if (oid !== null) refs.set('refs/heads/main', oid);
    await writeBareRepository(join(root, name), { format: 'sha1', commits: world.forge.commits, trees, refs });
  }
});
afterAll(async () => {
  await server.close();
  await elsewhere.close();
  await rm(root, { recursive: true });
});
afterEach(() => {
  server.fault = null;
});

/** May depend on what is asked. */
type Fault = GitServerFault | ((request: GitServerRequest) => GitServerFault);

interface Row {
  readonly behaviour: string;
  readonly outcome: string;
  /** What the forge says that the branch points at; the good tip where it is not given. */
  readonly repository?: string;
  readonly fault?: (history: History) => Partial<Record<GitServerCommand, Fault>>;
  readonly limits?: Partial<BranchLimits>;
  readonly timeoutMs?: number;
  readonly server?: GitHttpServerOptions;
  /** Looked at again three minutes later. */
  readonly twice?: true;
}

const rewrite = (answer: string | Buffer, headers: Readonly<Record<string, string>> = {}): GitServerFault => ({
  kind: 'rewrite',
  rewrite: () => answer,
  headers,
});
const edit = (change: (answer: string) => string): GitServerFault => ({
  kind: 'rewrite',
  rewrite: (answer) => Buffer.from(change(answer.toString('latin1')), 'latin1'),
});
const gzip = (what: (answer: Buffer) => Buffer = (answer) => answer): GitServerFault => ({
  kind: 'rewrite',
  rewrite: (answer) => gzipSync(what(answer)),
  headers: { 'content-encoding': 'gzip' },
});
const status = (code: number, headers: Readonly<Record<string, string>> = {}): GitServerFault => ({
  kind: 'status',
  status: code,
  headers,
});
/** An answer to `fetch` that acknowledges what was published, where that was named, then has these objects. */
const sends =
  (published: Oid, pack: Buffer) =>
  ({ body }: GitServerRequest): GitServerFault => {
    const acknowledgment = encodeAnswer('acknowledgments', `ACK ${published}`, 'ready', '0001');
    const before = body.includes('have ') ? acknowledgment : '';
    return rewrite(Buffer.concat([Buffer.from(before), encodePackfile(pack)]));
  };
const commits = ({ raw }: History, ...oids: readonly Oid[]): PackPart[] =>
  oids.map((oid) => ({ type: 'commit', body: raw(oid) }));

const ROWS: readonly Row[] = [
  // Servers that tell the truth.
  { behaviour: 'serves what is there', outcome: 'publishes the tip' },
  { behaviour: 'speaks version 1', outcome: 'publishes the tip', server: { version: 1 } },
  { behaviour: 'speaks version 0', outcome: 'publishes the tip', server: { version: 0 } },
  {
    behaviour: 'compresses its answers',
    outcome: 'publishes the tip',
    fault: () => ({ advertisement: gzip(), 'ls-refs': gzip(), fetch: gzip() }),
  },
  { behaviour: 'has nothing new', outcome: 'nothing new', repository: 'published' },
  { behaviour: 'merged an unsigned branch', outcome: 'locks: unsigned', repository: 'merge' },
  { behaviour: 'had its branch rewritten', outcome: 'locks: history_rewritten', repository: 'rewritten' },
  { behaviour: 'has another history there', outcome: 'locks: history_rewritten', repository: 'unrelated' },
  { behaviour: 'has no such branch, but similar names', outcome: 'locks: branch_deleted', repository: 'gone' },
  { behaviour: 'is a replica that lags behind', outcome: 'waits: a lagging replica', repository: 'older' },
  { behaviour: 'still lags behind later', outcome: 'locks: history_rewritten', repository: 'older', twice: true },

  // Lies about refs.
  { behaviour: 'lists nothing', outcome: 'unreachable: bad_response', fault: () => ({ 'ls-refs': rewrite('0000') }) },
  {
    behaviour: 'cuts its list off',
    outcome: 'unreachable: bad_response',
    repository: 'gone',
    fault: () => ({ 'ls-refs': edit((answer) => answer.slice(0, -4)) }),
  },
  {
    behaviour: 'lists the branch twice',
    outcome: 'unreachable: bad_response',
    fault: ({ tip, rewritten }) => ({
      'ls-refs': rewrite(encodeAnswer(`${tip} refs/heads/main`, `${rewritten} refs/heads/main`, '0000')),
    }),
  },
  {
    behaviour: 'lists similar names in place of the branch',
    outcome: 'locks: branch_deleted',
    fault: ({ tip }) => ({
      'ls-refs': rewrite(
        encodeAnswer(`${tip} refs/heads/Main`, `${tip} refs/heads/main/x`, `${tip} refs/heads/main2`, '0000'),
      ),
    }),
  },
  {
    behaviour: 'names a tip that it does not have',
    outcome: 'locks: missing_object',
    fault: () => ({ 'ls-refs': rewrite(encodeAnswer(`${oidOf('e')} refs/heads/main`, '0000')) }),
  },

  // Lies about history.
  {
    behaviour: 'hides an unsigned commit on a merged side branch',
    outcome: 'locks: missing_object',
    repository: 'merge',
    fault: (of) => ({ fetch: sends(of.published, buildPack(commits(of, of.merge))) }),
  },
  {
    behaviour: 'hides it even where the whole history is asked for',
    outcome: 'locks: missing_object',
    repository: 'merge',
    fault: (of) => ({
      fetch: rewrite(encodePackfile(buildPack(commits(of, of.merge, of.published, of.world.anchor)))),
    }),
  },
  {
    behaviour: 'sends another commit in place of the tip',
    outcome: 'locks: missing_object',
    fault: (of) => ({ fetch: sends(of.published, buildPack(commits(of, of.rewritten))) }),
  },
  {
    behaviour: 'changes a byte of a commit',
    outcome: 'locks: missing_object',
    fault: (of) => ({
      fetch: sends(
        of.published,
        buildPack([{ type: 'commit', body: Buffer.concat([of.raw(of.tip), Buffer.from('\n')]) }]),
      ),
    }),
  },
  {
    behaviour: 'sends the commit’s bytes as a tag',
    outcome: 'locks: history_rewritten',
    fault: (of) => ({ fetch: sends(of.published, buildPack([{ type: 'tag', body: of.raw(of.tip) }])) }),
  },
  {
    behaviour: 'answers as a shallow repository',
    outcome: 'locks: missing_object',
    repository: 'merge',
    fault: (of) => ({
      fetch: rewrite(
        Buffer.concat([
          Buffer.from(encodeAnswer('shallow-info', `shallow ${of.merge}`, '0001')),
          encodePackfile(buildPack(commits(of, of.merge))),
        ]),
      ),
    }),
  },
  {
    behaviour: 'claims to be without what was published',
    outcome: 'locks: history_rewritten',
    fault: () => ({ fetch: rewrite(encodeAnswer('acknowledgments', 'NAK', '0000')) }),
  },
  {
    behaviour: 'acknowledges what was published, and sends an empty pack',
    outcome: 'locks: history_rewritten',
    fault: ({ published }) => ({ fetch: sends(published, buildPack([])) }),
  },
  {
    behaviour: 'acknowledges what was published, and sends another history',
    outcome: 'locks: history_rewritten',
    repository: 'unrelated',
    fault: (of) => ({ fetch: sends(of.published, buildPack(commits(of, of.unrelated))) }),
  },
  {
    behaviour: 'acknowledges a commit that nobody named',
    outcome: 'unreachable: bad_response',
    fault: ({ tip }) => ({ fetch: rewrite(encodeAnswer('acknowledgments', `ACK ${tip}`, 'ready', '0001')) }),
  },
  {
    behaviour: 'is ready, and sends no pack',
    outcome: 'unreachable: truncated_pack',
    fault: ({ published }) => ({
      fetch: rewrite(encodeAnswer('acknowledgments', `ACK ${published}`, 'ready', '0001')),
    }),
  },
  {
    behaviour: 'knows what was published, and never sends a pack',
    outcome: 'unreachable: bad_response',
    fault: ({ published }) => ({ fetch: rewrite(encodeAnswer('acknowledgments', `ACK ${published}`, '0000')) }),
  },
  {
    behaviour: 'never says whether it knows what was published',
    outcome: 'unreachable: bad_response',
    fault: () => ({ fetch: rewrite(encodeAnswer('acknowledgments', '0000')) }),
  },

  // Packs.
  {
    behaviour: 'sends a pack without end',
    outcome: 'locks: limit_exceeded',
    fault: () => ({ fetch: { kind: 'endless-pack' } }),
    limits: { packBytes: 1_000_000 },
  },
  {
    behaviour: 'sends a bomb that is declared small',
    outcome: 'unreachable: bad_response',
    fault: ({ published }) => ({
      fetch: sends(published, buildPack([{ type: 'commit', body: Buffer.alloc(5_000_000), claimedSize: 300 }])),
    }),
  },
  {
    behaviour: 'sends a bomb that is declared as large as it is',
    outcome: 'locks: limit_exceeded',
    fault: ({ published }) => ({
      fetch: sends(published, buildPack([{ type: 'commit', body: Buffer.alloc(5_000_000) }])),
    }),
  },
  {
    behaviour: 'sends a delta that makes a terabyte',
    outcome: 'locks: limit_exceeded',
    fault: (of) => {
      const base = of.raw(of.tip);
      const body = Buffer.concat([encodeSize(base.length), encodeSize(2 ** 40), Buffer.of(0x80)]);
      return { fetch: sends(of.published, buildPack([...commits(of, of.tip), { type: 'ofs-delta', base: 0, body }])) };
    },
  },
  {
    behaviour: 'sends a delta that makes another commit',
    outcome: 'locks: missing_object',
    fault: (of) => {
      const body = buildDelta(of.raw(of.rewritten), Buffer.concat([of.raw(of.tip), Buffer.from('\n')]));
      return {
        fetch: sends(of.published, buildPack([...commits(of, of.rewritten), { type: 'ofs-delta', base: 0, body }])),
      };
    },
  },
  {
    behaviour: 'sends more commits than are allowed',
    outcome: 'locks: limit_exceeded',
    fault: (of) => ({ fetch: sends(of.published, buildPack(commits(of, of.tip, of.merge, of.hidden))) }),
    limits: { commits: 2 },
  },
  {
    behaviour: 'announces four billion objects',
    outcome: 'locks: limit_exceeded',
    fault: (of) => ({ fetch: sends(of.published, buildPack(commits(of, of.tip), 'sha1', 2 ** 32 - 1)) }),
  },
  {
    behaviour: 'sends more than it announces',
    outcome: 'unreachable: bad_response',
    fault: (of) => ({
      fetch: sends(of.published, sealPack(Buffer.concat([buildPack(commits(of, of.tip)), Buffer.from('more')]))),
    }),
  },
  {
    behaviour: 'sends a pack with a wrong checksum',
    outcome: 'unreachable: bad_response',
    fault: (of) => ({
      fetch: sends(of.published, Buffer.concat([buildPack(commits(of, of.tip)).subarray(0, -20), Buffer.alloc(20)])),
    }),
  },
  {
    behaviour: 'ends in the middle of its pack',
    outcome: 'unreachable: truncated_pack',
    fault: () => ({ fetch: { kind: 'truncated' } }),
  },
  {
    behaviour: 'ends its pack with a fatal error (side-band 3)',
    outcome: 'unreachable: server_error',
    fault: () => ({
      fetch: rewrite(
        Buffer.concat([Buffer.from(encodeAnswer('packfile')), sideBand(3, Buffer.from('fatal: no memory'))]),
      ),
    }),
  },
  {
    behaviour: 'answers with an ERR packet',
    outcome: 'unreachable: server_error',
    fault: () => ({ fetch: rewrite(encodeAnswer('ERR busy')) }),
  },
  {
    behaviour: 'refuses to give out the tip',
    outcome: 'locks: missing_object',
    fault: ({ tip }) => ({ fetch: rewrite(encodeAnswer(`ERR upload-pack: not our ref ${tip}`)) }),
  },
  {
    behaviour: 'reports progress without end',
    outcome: 'unreachable: bad_response',
    fault: () => ({ fetch: rewrite(`000dpackfile\n${`fff0\x02${'x'.repeat(65_515)}`.repeat(40)}0000`) }),
    limits: { packBytes: 1_000 },
  },

  // HTTP.
  ...(
    [
      [401, 'refused_credentials'],
      [403, 'refused_credentials'],
      [404, 'not_found'],
      [429, 'rate_limited'],
      [500, 'server_error'],
      [503, 'server_error'],
    ] as const
  ).map(
    ([code, cause]): Row => ({
      behaviour: `answers ${code}`,
      outcome: `unreachable: ${cause}`,
      fault: () => ({ advertisement: status(code) }),
    }),
  ),
  {
    behaviour: 'redirects to another server, which gets no credentials',
    outcome: 'publishes the tip',
    fault: () => ({
      advertisement: status(302, { location: `${elsewhere.url}/tip/info/refs?service=git-upload-pack` }),
    }),
  },
  {
    behaviour: 'redirects in a circle',
    outcome: 'unreachable: bad_response',
    fault: () => ({ advertisement: status(302, { location: '/tip/info/refs?service=git-upload-pack' }) }),
  },
  {
    behaviour: 'redirects a request that has a body',
    outcome: 'unreachable: bad_response',
    fault: () => ({ fetch: status(307, { location: '/tip/git-upload-pack' }) }),
  },
  {
    behaviour: 'redirects to where nothing protects the connection',
    outcome: 'unreachable: bad_response',
    fault: () => ({ advertisement: status(301, { location: 'http://example.com/info/refs?service=git-upload-pack' }) }),
  },
  {
    behaviour: 'answers with a web page',
    outcome: 'unreachable: bad_response',
    fault: () => ({ advertisement: rewrite('<html>Sign in</html>', { 'content-type': 'text/html' }) }),
  },
  {
    behaviour: 'speaks a version that nobody knows',
    outcome: 'unreachable: bad_response',
    fault: () => ({ advertisement: rewrite(encodeAnswer('version 3', '0000')) }),
  },
  {
    behaviour: 'compresses a bomb',
    outcome: 'unreachable: bad_response',
    fault: () => ({ fetch: gzip(() => Buffer.from('0006\x02x'.repeat(300_000))) }),
    limits: { packBytes: 1_000 },
  },
  {
    behaviour: 'takes the request and never answers',
    outcome: 'unreachable: timeout',
    fault: () => ({ fetch: { kind: 'hang' } }),
    timeoutMs: 300,
  },
  {
    behaviour: 'drips, and never ends',
    outcome: 'unreachable: timeout',
    fault: () => ({ fetch: { kind: 'drip' } }),
    timeoutMs: 300,
  },
  {
    behaviour: 'closes the connection',
    outcome: 'unreachable: connection',
    fault: () => ({ fetch: { kind: 'reset' } }),
  },
  {
    behaviour: 'breaks the connection within its answer',
    outcome: 'unreachable: connection',
    fault: () => ({ fetch: { kind: 'cut' } }),
  },
];

describe('a server that', () => {
  // The title is a row of the table: what is done, and what comes of it.
  const rows = ROWS.map((row): [string, Row] => [`${row.behaviour} → ${row.outcome}`, row]);
  test.each(rows)('%s', async (_, { outcome, repository = 'tip', fault, limits, timeoutMs = 60_000, ...row }) => {
    const of = await makeHistory();
    const { world } = of;
    const serving = row.server === undefined ? server : await startGitHttpServer(root, row.server);
    const faults = fault?.(of) ?? {};
    serving.fault = (request) => {
      const found = faults[request.command] ?? null;
      return typeof found === 'function' ? found(request) : found;
    };
    const source = createHttpSource({
      url: `${serving.url}/${repository}`,
      credentials: { kind: 'bearer', token: 't0ken' },
      limits: { ...DEFAULT_BRANCH_LIMITS, ...limits },
      timeoutMs,
      userAgent: 'headlock/test',
    });
    world.forge.source = () => source;
    const before = serving.requests.length;
    await world.verify();
    if (row.twice) {
      world.passTime(3);
      await world.verify();
    }
    if (serving !== server) await serving.close();
    expect(outcomeOf(await world.state(), of)).toBe(outcome);
    expect(serving.requests.length).toBeGreaterThan(before);
    expect(elsewhere.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });
});
