import { createHash } from 'node:crypto';
import { branchOfRefName } from '../model/branch-ref.ts';
import type { Provider } from '../model/policy.ts';
import { normalizeRepositoryUrl } from '../model/repository-url.ts';
import { tagOfRefName } from '../model/tag-ref.ts';
import {
  createFormEncodedError,
  createMalformedDeliveryError,
  type DeliveryHeaders,
  type PushedRef,
  type PushOutcome,
} from './delivery.ts';
import { DIALECTS } from './dialects.ts';
import { isObject, type Payload, parsePayload } from './parse-payload.ts';

/**
 * Reads a delivery that was authenticated. Only branches, tags, an id and addresses go on; the address that the forge called
 * says which repository it is, and only for the webhook of an app those of the payload do.
 *
 * @throws HeadlockError `malformed_delivery`, `form_encoded_delivery`
 */
export function parsePush(provider: Provider, headers: DeliveryHeaders, rawBody: Buffer): PushOutcome {
  const dialect = DIALECTS[provider];
  if (isFormEncoded(headers)) throw createFormEncodedError();
  const event = headers[dialect.eventHeader] ?? dialect.defaultEvent;
  if (event === null) throw createMalformedDeliveryError(`has no ${dialect.eventHeader} header`);
  const payload = parsePayload(rawBody);
  const readNames = dialect.pushes.get(event);
  if (readNames === undefined)
    return { kind: 'ignored', reason: dialect.pings.includes(event) ? 'ping' : 'not_a_push' };
  const refs = readNames(payload).flatMap(parseRefName);
  if (refs.length === 0) return { kind: 'ignored', reason: 'not_a_branch' };
  const deliveryId = deliveryIdOf(headers[dialect.deliveryHeader], rawBody);
  return { kind: 'push', refs, repositoryUrls: listRepositoryUrls(payload), deliveryId };
}

/** In GitHub's words, which others share. */
function listRepositoryUrls({ repository }: Payload): readonly string[] {
  const { clone_url: cloneUrl, html_url: htmlUrl } = isObject(repository) ? repository : {};
  const urls = [cloneUrl, htmlUrl].flatMap((url) =>
    typeof url === 'string' ? (normalizeRepositoryUrl(url) ?? []) : [],
  );
  return [...new Set(urls)];
}

function parseRefName(name: string): readonly PushedRef[] {
  const tag = tagOfRefName(name);
  if (tag !== null) return [{ kind: 'tag', tag }];
  const branch = branchOfRefName(name);
  return branch === null ? [] : [{ kind: 'branch', branch }];
}

/** The forge's own id where it is a short plain text, else one made of the body. */
function deliveryIdOf(header: string | undefined, rawBody: Buffer): string {
  if (header !== undefined && /^[!-~]{1,128}$/.test(header)) return header;
  return `sha256:${createHash('sha256').update(rawBody).digest('hex')}`;
}

function isFormEncoded(headers: DeliveryHeaders): boolean {
  return /^\s*application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}
