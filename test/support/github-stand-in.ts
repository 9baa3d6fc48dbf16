import { type KeyObject, randomBytes, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GitServerRequest } from './git-http-server.ts';

/** Where a GitHub App is installed: with an owner, for some of its repositories. */
export interface StandInInstallation {
  readonly id: number;
  readonly owner: string;
  repositories: readonly string[];
  permissions: Readonly<Record<string, string>>;
  suspendedAt: string | null;
}

/** The part of GitHub's REST API by which an app comes to a token, as its documentation has it. */
export interface GitHubStandIn {
  readonly apiUrl: string;
  /** Of the app: those that its settings list. */
  publicKeys: readonly KeyObject[];
  readonly installations: StandInInstallation[];
  /** `METHOD path` of every request so far. */
  readonly requests: readonly string[];
  /** Every token so far. */
  readonly tokens: ReadonlyMap<string, StandInToken>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Asked before each request; null (the start) answers as GitHub does. */
  fault: (() => { status: number; headers?: Record<string, string>; body?: string } | null) | null;
  /** Whether git's request bears a token that opens the repository at its path. */
  opens(request: GitServerRequest): boolean;
  revokeTokens(): void;
  close(): Promise<void>;
}

export interface StandInToken {
  readonly owner: string;
  readonly repositories: readonly string[];
  readonly permissions: Readonly<Record<string, string>>;
  readonly expires: number;
  isRevoked: boolean;
}

const APP_IDS: readonly unknown[] = ['1234', 1234, 'Iv1.8a61f9b3a7aba766'];
const HOUR_MS = 3_600_000;
const RANK: Readonly<Record<string, number>> = { read: 1, write: 2 };

/** On a free loopback port; the app has the id 1234 and the client id `Iv1.8a61f9b3a7aba766`. */
export async function startGitHubStandIn(): Promise<GitHubStandIn> {
  const requests: string[] = [];
  const tokens = new Map<string, StandInToken>();
  const server = createServer((message, response) => void answer(message, response));

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await message.toArray()).toString('utf8');
    requests.push(`${message.method} ${message.url}`);
    const fault = standIn.fault?.() ?? null;
    if (fault !== null) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    const { status, value } = isFromApp(message.headers.authorization)
      ? serve(message.method ?? '', message.url ?? '', body)
      : serveToken(`${message.method} ${message.url}`, message.headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
  };

  /** RS256 by a key of the app, issued by it in the past, not yet expired, and valid for ten minutes from now at most. */
  const isFromApp = (authorization = ''): boolean => {
    const [, header = '', claims = '', signature = ''] = /^Bearer ([^.]+)\.([^.]+)\.([^.]+)$/.exec(authorization) ?? [];
    if (signature === '') return false;
    const signed = Buffer.from(`${header}.${claims}`);
    const bytes = Buffer.from(signature, 'base64url');
    const { alg } = parsePart(header);
    const { iss, iat, exp } = parsePart(claims);
    const now = standIn.now() / 1000;
    return (
      alg === 'RS256' &&
      standIn.publicKeys.some((key) => verify('sha256', signed, key, bytes)) &&
      APP_IDS.includes(iss) &&
      Number.isInteger(iat) &&
      Number(iat) <= now &&
      Number.isInteger(exp) &&
      Number(exp) > now &&
      Number(exp) <= now + 600
    );
  };

  const serve = (method: string, path: string, body: string): { status: number; value: object } => {
    const [, owner, name = ''] = /^\/api\/v3\/repos\/([^/]+)\/([^/]+)\/installation$/.exec(path) ?? [];
    if (method === 'GET' && owner !== undefined) {
      const found = standIn.installations.find((each) => each.owner === owner && each.repositories.includes(name));
      if (found === undefined) return { status: 404, value: { message: 'Not Found' } };
      return { status: 200, value: { id: found.id, app_id: 1234, suspended_at: found.suspendedAt } };
    }
    const [, id] = /^\/api\/v3\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? [];
    const installation = standIn.installations.find((each) => each.id === Number(id));
    if (method !== 'POST' || installation === undefined) return { status: 404, value: { message: 'Not Found' } };
    return createToken(installation, body);
  };

  /** What a token of the app opens: a status of a commit of its repositories. */
  const serveToken = (line: string, authorization = ''): { status: number; value: object } => {
    const [, owner, name = ''] = /^POST \/api\/v3\/repos\/([^/]+)\/([^/]+)\/statuses\/[0-9a-f]{40}$/.exec(line) ?? [];
    const token = tokens.get(authorization.replace(/^Bearer /, ''));
    const isValid = token !== undefined && !token.isRevoked && standIn.now() < token.expires;
    if (owner === undefined || !isValid) return { status: 401, value: { message: 'Bad credentials' } };
    const isOpen = token.owner === owner && token.repositories.includes(name) && token.permissions.statuses === 'write';
    return isOpen
      ? { status: 201, value: { id: 1 } }
      : { status: 403, value: { message: 'Resource not accessible by integration' } };
  };

  const createToken = (installation: StandInInstallation, body: string): { status: number; value: object } => {
    if (installation.suspendedAt !== null) {
      return { status: 403, value: { message: 'This installation has been suspended' } };
    }
    const asked = JSON.parse(body) as { repositories?: string[]; permissions?: Record<string, string> };
    const { repositories = installation.repositories, permissions = installation.permissions } = asked;
    const isGranted = Object.entries(permissions).every(
      ([what, access]) => (RANK[installation.permissions[what] ?? ''] ?? 0) >= (RANK[access] ?? 3),
    );
    if (!isGranted || !repositories.every((each) => installation.repositories.includes(each))) {
      return { status: 422, value: { message: 'The permissions requested are not granted to this installation.' } };
    }
    const token = `ghs_${randomBytes(200).toString('hex')}`;
    const expires = standIn.now() + HOUR_MS;
    tokens.set(token, { owner: installation.owner, repositories, permissions, expires, isRevoked: false });
    const expiresAt = `${new Date(expires).toISOString().slice(0, 19)}Z`;
    return { status: 201, value: { token, expires_at: expiresAt, permissions, repository_selection: 'selected' } };
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: GitHubStandIn = {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    publicKeys: [],
    installations: [],
    requests,
    tokens,
    now: Date.now,
    fault: null,
    opens: ({ path, headers }) => {
      const given = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString('utf8');
      const token = tokens.get(given.replace(/^x-access-token:/, ''));
      const [, owner, name = ''] = path.split('/');
      return (
        given.startsWith('x-access-token:') &&
        token !== undefined &&
        !token.isRevoked &&
        standIn.now() < token.expires &&
        token.owner === owner &&
        token.repositories.includes(name.replace(/\.git$/, '')) &&
        token.permissions.contents === 'read'
      );
    },
    revokeTokens: () => {
      for (const token of tokens.values()) token.isRevoked = true;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
  return standIn;
}

function parsePart(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return {};
  }
}
