import { startGitHttpServer } from './git-http-server.ts';

/** A process of its own, so that what a client does is not what its server waits for. */
const [root = ''] = process.argv.slice(2);
const { url } = await startGitHttpServer(root);
process.stdout.write(`${url}\n`);
// Whoever started it holds the other end, and is gone when that is.
process.stdin.resume().once('end', () => process.exit());
