/** Bytes that are not what their format asks for. The message is a clause that follows a colon, without bytes of the input. */
export class MalformedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MalformedError';
  }
}
