import { startGitHttpServer } from '../support/git-http-server.ts';

/** A process of its own, so that what a client does is not what its server waits for. */
const [root = ''] = process.argv.slice(2);
const { url } = await startGitHttpServer(root);
process.stdout.write(`${url}\n`);
