import { existsSync } from 'node:fs';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestListener } from '../loopback-server.ts';
import { createGitEnvironment } from './git-command.ts';
import { runGitHttpBackend } from './git-http-backend.ts';
import { sendPushWebhook } from './push-webhook.ts';
import { compareRefs, listRefs, type RefChange } from './ref-changes.ts';

export interface PlaygroundOptions {
  /** Holds bare repositories, `<name>.git`. */
  readonly folder: string;
  /** `PATH`, to find git. */
  readonly searchPath: string;
  /** Of the HTTP API that gets the webhooks and of the playground itself. */
  readonly baseUrl: string;
  readonly logFile: string;
  /** The secret that signs a repository's webhooks; null where there is none. */
  readonly readWebhookSecret: (repository: string) => Promise<string | null>;
}

export interface Playground {
  /** Serves `/playground/…`. */
  readonly serve: RequestListener;
  listCloneUrls(): Promise<readonly string[]>;
  /** Gives up webhooks that are still being sent: the sweep finds what they told. */
  close(): Promise<void>;
}

/** The smart protocol only (`git help http-protocol`). */
const PATH = /^\/playground(\/([a-z0-9][a-z0-9._-]{0,99})\.git\/(info\/refs|git-upload-pack|git-receive-pack))$/;

/** A git server over HTTP that tells Headlock of each push by webhook, as a forge does. */
export function createPlaygroundServer(options: PlaygroundOptions): Playground {
  const { folder, baseUrl } = options;
  const environment = createGitEnvironment(options.searchPath);
  /** The latest push of each repository. */
  const pushes = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  const serve: RequestListener = async (request, response, url) => {
    const [, path = '', name = '', service] = PATH.exec(url.pathname) ?? [];
    const smart = service !== 'info/refs' || url.searchParams.has('service');
    if (!smart || !existsSync(join(folder, `${name}.git`))) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such repository here.\n');
      return;
    }
    const run = () => runGitHttpBackend({ request, response, folder, path, query: url.search.slice(1), environment });
    await (service === 'git-receive-pack' ? receivePush(name, run) : run());
  };

  /** One push at a time, so that what changed between two listings is what this push changed. */
  function receivePush(name: string, run: () => Promise<void>): Promise<void> {
    const git = { repository: join(folder, `${name}.git`), environment };
    const push = (pushes.get(name) ?? Promise.resolve()).then(async () => {
      const before = await listRefs(git);
      await run();
      const changes = compareRefs(before, await listRefs(git));
      await Promise.all(changes.map((change) => tell(name, change)));
    });
    const settled = push.catch(() => {});
    pushes.set(name, settled);
    return push;
  }

  async function tell(name: string, change: RefChange): Promise<void> {
    try {
      const secret = await options.readWebhookSecret(name);
      if (secret === null) throw new Error('the repository has no webhook secret');
      const repository = { name, cloneUrl: cloneUrlOf(name), webhookUrl: `${baseUrl}/webhooks/${name}`, secret };
      await sendPushWebhook(repository, change, stopping.signal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const line = `${new Date().toISOString()} ${name} ${change.ref}: the webhook was not delivered (${reason}); the sweep will find the push.\n`;
      await appendFile(options.logFile, line);
    }
  }

  const cloneUrlOf = (name: string): string => `${baseUrl}/playground/${name}.git`;

  return {
    serve,
    listCloneUrls: async () => {
      const entries = await readdir(folder).catch(() => []);
      return entries
        .sort()
        .flatMap((entry) => (/^[a-z0-9].*\.git$/.test(entry) ? `${baseUrl}/playground/${entry}` : []));
    },
    close: async () => {
      stopping.abort();
      await Promise.all(pushes.values());
    },
  };
}
