import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createTerminal } from '../../cli/terminal.ts';
import { runHeadlock, spawnHeadlock } from '../support/run-headlock.ts';

const COMMANDS = [
  ['start'],
  ['demo'],
  ['init'],
  ['audit'],
  ['verify'],
  ['apply'],
  ['status'],
  ['log'],
  ['explain'],
  ['schema'],
  ['unlock'],
  ['secret', 'set'],
  ['secret', 'list'],
  ['secret', 'drop'],
  ['token', 'create'],
  ['token', 'list'],
  ['token', 'revoke'],
  ['deploy'],
  ['destroy'],
  ['redrive'],
  ['restore'],
  ['doctor'],
];

describe('headlock', () => {
  it.each(
    COMMANDS.map((path) => [path.join(' '), path] as const),
  )('%s --help shows options and an example', async (name, path) => {
    const { status, stdout, stderr } = await runHeadlock([...path, '--help']);
    expect(stdout).toContain(`Usage: headlock ${name}`);
    expect(stdout).toMatch(new RegExp(`\nExamples?:\n  .*headlock ${name}`));
    expect(stdout).toContain('--output <form>');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    [['verify', '--bogus'], "headlock: unknown option '--bogus'. Run `headlock verify --help`."],
    [['unlock', 'a', 'b', '--sequence', '1', '--reason', 'x', '--to', 'HEAD'], 'Write the full commit id'],
    [['log', 'a', 'b', '--limit', '0'], 'Write a number from 1 to 10000'],
    [['explain', '.', 'HEAD'], '`headlock explain . HEAD -f headlock.yaml`'],
    [['verify', '--output', 'xml'], 'Allowed choices are text, json'],
    [['verify', 'a', 'b'], 'too many arguments'],
    [['verifi'], "unknown command 'verifi'"],
    [['secret', 'put'], "unknown command 'put'"],
    [['secret', 'set', 'x', '--purpose', 'fun'], 'Allowed choices are webhook, git, app, status'],
    [['destroy', '--data', '.headlock'], "unknown option '--data'"],
    [['start', '--port', '65536'], 'Ports end at 65535'],
    [['unlock', 'a', 'b', '--reason', 'x'], "required option '--sequence <n>' not specified"],
    [['unlock', 'a', 'b', '--sequence', '-1', '--reason', 'x', '--clear'], 'Write a whole number'],
    [
      ['unlock', 'a', 'b', '--sequence', '1', '--reason', 'x', '--clear', '--to', 'a'.repeat(40)],
      'cannot be used with',
    ],
    [['token', 'create', '--name', 'x', '--repositories', 'a,,b'], 'Write names with commas between them'],
    [['token', 'create', '--name', 'x', '--repositories', 'a', '--expires', 'soon'], 'Write days, weeks or years'],
  ])('%j is told in one line and ends with 2', async (args, message) => {
    const { status, stdout, stderr } = await runHeadlock(args);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('without a command shows what there is, and ends with 2', async () => {
    const { status, stderr } = await runHeadlock([]);
    expect(status).toBe(2);
    for (const [name] of COMMANDS) expect(stderr).toContain(`\n  ${name} `);
  });

  it('runs as a program of its own, with its streams, settings and exit status', async () => {
    expect(await spawnHeadlock(['--version'])).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
    expect(await spawnHeadlock(['verify', '-f', 'nowhere.yaml'], { env: { HEADLOCK_DEBUG: '1' } })).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^headlock: The policy nowhere\.yaml .*\n[\s\S]*\n {4}at /),
    });
  });

  it('says in one line that a Node is too old, and how to get another', async () => {
    const pretend = "Object.defineProperty(process, 'versions', { value: { node: '24.14.9' } })";
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}` };
    expect(await spawnHeadlock(['--version'], { env })).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^headlock: Node 24\.14\.9 is too old, 24\.15 is needed\. .*npm ci.*\n$/),
    });
  });

  it('shows where an error comes from only with HEADLOCK_DEBUG', async () => {
    expect(await runHeadlock(['verify', '-f', 'nowhere.yaml'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'headlock: The policy nowhere.yaml cannot be read (ENOENT). Name another one with -f.\n',
    });
  });
});

describe('the terminal', () => {
  function write(isTTY: boolean, isPlain: boolean): string {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    for (const stream of [stdout, stderr]) Object.assign(stream, { isTTY });
    const terminal = createTerminal({ stdin, stdout, stderr, isPlain });
    terminal.progress('working');
    terminal.print(terminal.style.red('no'));
    return `${stdout.read()}|${stderr.read()}`;
  }

  it('shows colour and progress on a terminal only, and never where it must be plain', () => {
    expect(write(true, false)).toBe('\u001b[31mno\u001b[39m\n|\r\u001b[Kworking\r\u001b[K');
    expect(write(true, true)).toBe('no\n|null');
    expect(write(false, false)).toBe('no\n|null');
  });
});
