/** A refusal in AWS's words, as it goes over the wire. */
export class AwsError extends Error {
  /** The error's name as AWS documents it, for example `InvalidCiphertextException`. */
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}
