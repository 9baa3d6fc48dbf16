/** Every folder of `functions/` that becomes a Lambda function. */
export const FUNCTION_NAMES = [
  'webhook',
  'verify',
  'sweep',
  'compare-refs',
  'commit-status',
  'trusted-revision',
  'canary',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
