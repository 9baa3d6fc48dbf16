import { TransportError } from './transport-error.ts';

/** What failed below the protocol, by the codes of Node; null for what is no failure of the network. */
export function networkErrorOf(error: unknown, host: string): TransportError | null {
  const code = codeOf(error);
  if (code === null) return null;
  if (code === 'ETIMEDOUT') return timeoutOf(host);
  if (/^(?:ENOTFOUND|EAI_)/.test(code)) {
    const message = `The name ${host} cannot be resolved. Check the host in the repository URL, and DNS (${code}).`;
    return new TransportError('dns', message);
  }
  const isSystemCall = error instanceof Error && 'syscall' in error;
  const isCutOff = /^(?:ECONNRESET|ERR_STREAM_PREMATURE_CLOSE)$/.test(code);
  return isSystemCall || isCutOff ? connectionFailed(host, code) : null;
}

export function connectionFailed(host: string, why: string): TransportError {
  const message = `The connection to ${host} failed. Check that the server runs and can be reached from here (${why}).`;
  return new TransportError('connection', message);
}

export function timeoutOf(host: string): TransportError {
  const message = `${host} did not answer in time. It is tried again; check whether the server is overloaded.`;
  return new TransportError('timeout', message);
}

export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
