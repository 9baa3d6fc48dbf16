import { HeadlockError } from '../../shared/model/headlock-error.ts';

export type AwsErrorCode =
  | 'no_credentials'
  | 'expired_credentials'
  | 'wrong_credentials'
  | 'no_region'
  | 'access_denied'
  | 'aws_unreachable'
  | 'aws_throttled';

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const WRONG = new Set([
  ...['UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidClientTokenIdException', 'AuthFailure'],
  ...['SignatureDoesNotMatch', 'InvalidSignatureException', 'MissingAuthenticationTokenException'],
]);
const DENIED = new Set([
  ...['AccessDenied', 'AccessDeniedException', 'AuthorizationError', 'AuthorizationErrorException'],
  // Of the key of a queue or a topic.
  ...['KmsAccessDenied', 'KMSAccessDenied', 'KMSAccessDeniedException'],
]);
const UNREACHABLE = /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/;
const THROTTLED = /^(?:Throttling|ThrottlingException|RequestLimitExceeded|TooManyRequestsException)$/;

const LOG_IN =
  'Log in (`aws sso login`, say), or name a profile with AWS_PROFILE or keys with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

/**
 * What an error of the AWS SDK means to an operator, and what to do. Any other error is returned as it is.
 * @param operatorPolicy - the ARN of the policy that allows what the commands do; null where it is not known
 */
export function explainAwsError(
  error: unknown,
  { operatorPolicy }: { readonly operatorPolicy: string | null },
): unknown {
  if (!(error instanceof Error) || error instanceof HeadlockError) return error;
  const explain = (code: AwsErrorCode, message: string) =>
    new HeadlockError(code, message, { kind: 'configuration', cause: error });
  const said = sentence(error.message);
  const code = 'code' in error ? String(error.code) : '';
  if (EXPIRED.has(error.name) || /\bexpired\b/i.test(error.message))
    return explain('expired_credentials', `The AWS credentials have expired: ${said} ${LOG_IN}`);
  if (error.name === 'CredentialsProviderError' || error.name === 'ProviderError')
    return explain('no_credentials', `No AWS credentials are found: ${said} ${LOG_IN}`);
  if (WRONG.has(error.name))
    return explain('wrong_credentials', `AWS does not know these credentials: ${said} ${LOG_IN}`);
  if (error.message === 'Region is missing')
    return explain(
      'no_region',
      'No AWS region is chosen. Name it with AWS_REGION, or in the profile that AWS_PROFILE names.',
    );
  if (DENIED.has(error.name)) {
    const policy = operatorPolicy ?? 'that the output OperatorPolicyArn of the service stack names';
    return explain(
      'access_denied',
      `AWS refuses that: ${said} Attach the policy ${policy} to your role, or act in a role that has it.`,
    );
  }
  if (THROTTLED.test(error.name))
    return explain('aws_throttled', `AWS has too much to do: ${said} Try again in a minute.`);
  if (error.name === 'TimeoutError' || UNREACHABLE.test(code))
    return explain(
      'aws_unreachable',
      `AWS cannot be reached: ${said} Check the network, the proxy and the name of the region.`,
    );
  return error;
}

function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
