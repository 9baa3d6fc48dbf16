/** Whoever has a policy of the stacks as they are by default. */
export const PRINCIPALS = [
  'webhook',
  'verify',
  'sweep',
  'compare-refs',
  'commit-status',
  'trusted-revision',
  'operator',
] as const;

/** With the canary, that is there where it is asked for. */
export const PRINCIPALS_WITH_CANARY = [...PRINCIPALS, 'canary'] as const;
