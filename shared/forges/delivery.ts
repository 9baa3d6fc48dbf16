import { HeadlockError } from '../model/headlock-error.ts';

/** Headers of a delivery, names in lower case as API Gateway hands them over. No forge signs them: they are claims. */
export type DeliveryHeaders = Readonly<Record<string, string | undefined>>;

/** Why an authentic delivery tells nothing of a guarded branch or tag. */
export const IGNORED_REASONS = [
  'ping',
  'not_a_push',
  'not_a_branch',
  'unguarded_branch',
  'unguarded_tag',
  'unknown_repository',
] as const;
export type IgnoredReason = (typeof IGNORED_REASONS)[number];

/** A branch or a tag by its name. */
export type PushedRef =
  | { readonly kind: 'branch'; readonly branch: string }
  | { readonly kind: 'tag'; readonly tag: string };

/** What a delivery says. Nothing else of it is used: it only hints where to look (trust rule 5.2). */
export type PushOutcome =
  | Push
  | { readonly kind: 'ignored'; readonly reason: Extract<IgnoredReason, 'ping' | 'not_a_push' | 'not_a_branch'> };

export interface Push {
  readonly kind: 'push';
  /** One at least. */
  readonly refs: readonly PushedRef[];
  /** Of the repository, as `normalizeRepositoryUrl` writes them: by them the webhook of an app is told its repositories apart. */
  readonly repositoryUrls: readonly string[];
  readonly deliveryId: string;
}

export type DeliveryErrorCode = 'malformed_delivery' | 'form_encoded_delivery';

export function createMalformedDeliveryError(problem: string): HeadlockError<DeliveryErrorCode> {
  return new HeadlockError(
    'malformed_delivery',
    `The delivery ${problem}. Point the forge's push webhook here, with JSON as its content type.`,
    { kind: 'input' },
  );
}

export function createFormEncodedError(): HeadlockError<DeliveryErrorCode> {
  return new HeadlockError(
    'form_encoded_delivery',
    'The delivery is form-encoded. In the settings of the webhook set "Content type" to application/json.',
    { kind: 'input' },
  );
}
