import { existsSync } from 'node:fs';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestListener } from '../runtime/http-gateway.ts';
import { createGitEnvironment } from './git-command.ts';
import { runGitHttpBackend } from './git-http-backend.ts';
import { createPushPayload } from './push-payload.ts';
import { compareRefs, listRefs, type RefChange } from './ref-changes.ts';
import { sendWebhook } from './send-webhook.ts';

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
  /** Clone URLs by repository name. */
  listCloneUrls(): Promise<ReadonlyMap<string, string>>;
  /** Gives up webhooks that are still being sent: the sweep finds what they told. */
  close(): Promise<void>;
}

/** The smart protocol only (`git help http-protocol`). */
const PATH = /^\/playground(\/([a-z0-9][a-z0-9._-]{0,99})\.git\/(info\/refs|git-upload-pack|git-receive-pack))$/;

/** A git server over HTTP that tells Headlock of each push by webhook, as a forge does. */
export function createPlaygroundServer(options: PlaygroundOptions): Playground {
  const { folder, baseUrl } = options;
  const environment = createGitEnvironment(options.searchPath);
  const pushes = new Map<string, Promise<void>>();
  const sending = new Set<Promise<void>>();
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
      for (const change of compareRefs(before, await listRefs(git))) {
        const sent = tell(name, change).finally(() => sending.delete(sent));
        sending.add(sent);
      }
    });
    pushes.set(
      name,
      push.catch(() => {}),
    );
    return push;
  }

  async function tell(name: string, change: RefChange): Promise<void> {
    const git = { repository: join(folder, `${name}.git`), environment };
    try {
      const [secret, payload] = await Promise.all([
        options.readWebhookSecret(name),
        createPushPayload(git, { name, cloneUrl: cloneUrlOf(name) }, change),
      ]);
      if (secret === null) throw new Error('the repository has no webhook secret');
      await sendWebhook({ url: `${baseUrl}/webhooks/${name}`, secret, event: 'push', payload }, stopping.signal);
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
      const names = entries.flatMap((entry) => /^([a-z0-9].*)\.git$/.exec(entry)?.[1] ?? []);
      return new Map(names.sort().map((name) => [name, cloneUrlOf(name)]));
    },
    close: async () => {
      stopping.abort();
      await Promise.all(pushes.values());
      await Promise.all(sending);
    },
  };
}
