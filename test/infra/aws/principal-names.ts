/** Whoever has a policy of the stacks. */
export const PRINCIPALS = [
  'webhook',
  'verify',
  'sweep',
  'compare-refs',
  'commit-status',
  'trusted-revision',
  'operator',
] as const;
