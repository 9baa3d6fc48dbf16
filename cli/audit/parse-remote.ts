import { isSecure } from '../../shared/model/remote-url.ts';

const SCP_LIKE = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]+):(?!\/)(.+)$/;

/**
 * The http(s) address of what `origin` names, without user name, password, query and fragment; null where it has none, as a
 * path. An SSH address becomes that of the same host.
 */
export function parseRemote(text: string): URL | null {
  if (!URL.canParse(text) || !text.includes('://')) {
    const [, host, path] = SCP_LIKE.exec(text) ?? [];
    return host === undefined || path === undefined ? null : parseRemote(`https://${host}/${path}`);
  }
  const url = new URL(text);
  if (url.protocol === 'ssh:' || url.protocol === 'git+ssh:' || url.protocol === 'git:') {
    return parseRemote(`https://${url.hostname}${url.pathname}`);
  }
  const plain = URL.canParse(`${url.protocol}//${url.host}${url.pathname}`)
    ? new URL(`${url.protocol}//${url.host}${url.pathname}`)
    : null;
  return plain !== null && isSecure(plain) ? plain : null;
}
