import { parseSshUrl } from '../model/ssh-url.ts';
import { createRememberedRemote, type RememberedRemote } from './remembered-remote.ts';
import { createSshTransport, type SshTransportOptions } from './ssh-transport.ts';

export interface SshRemoteOptions extends Omit<SshTransportOptions, 'url'> {
  /** As `parseSshUrl` takes it. */
  readonly url: string;
}

/** A repository behind SSH. @throws HeadlockError where the URL cannot be used */
export function createSshRemote(options: SshRemoteOptions): RememberedRemote {
  const transport = createSshTransport({ ...options, url: parseSshUrl(options.url) });
  return createRememberedRemote(transport, options.userAgent);
}
