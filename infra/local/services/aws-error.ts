/** A refusal in AWS's words, as it goes over the wire: its name is AWS's, for example `InvalidCiphertextException`. */
export class AwsError extends Error {
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}
