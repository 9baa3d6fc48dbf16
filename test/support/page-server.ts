import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is answered: a text, or a status with a place to go to instead. */
export type Page = string | Buffer | { readonly status: number; readonly location?: string };

export interface PageServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** By path; what is not there is 404. */
  readonly pages: Map<string, Page>;
  /** Paths in the order in which they were asked for. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function startPageServer(pages: Readonly<Record<string, Page>> = {}): Promise<PageServer> {
  const known = new Map(Object.entries(pages));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const page: Page = known.get(path) ?? { status: 404 };
    if (typeof page === 'string' || page instanceof Uint8Array) response.end(page);
    else response.writeHead(page.status, page.location === undefined ? {} : { location: page.location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    pages: known,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
