import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { run } from './run.ts';
import { createTerminal } from './terminal.ts';

const { env, stdin, stdout, stderr, argv } = process;

// Whoever reads may stop reading (`headlock status | head`).
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const isPlain = Boolean(env.NO_COLOR) || env.TERM === 'dumb';
process.exitCode = await run(argv.slice(2), {
  terminal: createTerminal({ stdin, stdout, stderr, isPlain }),
  settings: {
    searchPath: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    home: homedir(),
    cacheFolder: isAbsolute(env.XDG_CACHE_HOME ?? '') ? String(env.XDG_CACHE_HOME) : join(homedir(), '.cache'),
    gitUsername: env.HEADLOCK_GIT_USERNAME ?? null,
    gitPassword: env.HEADLOCK_GIT_PASSWORD ?? null,
    proxyEnv: { HTTPS_PROXY: env.HTTPS_PROXY, NO_PROXY: env.NO_PROXY },
    debug: Boolean(env.HEADLOCK_DEBUG),
  },
});
