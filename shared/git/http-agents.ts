import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';

/** The variables of a proxy, as curl and git take them. Plain http never leaves this machine, so it needs none. */
export interface ProxyEnvironment {
  /** `http://proxy.example.com:3128`. */
  readonly HTTPS_PROXY?: string | undefined;
  /** Names of hosts that are called directly, joined by commas. */
  readonly NO_PROXY?: string | undefined;
}

/** They keep connections, and say which authorities and which proxy count. */
export interface HttpAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** @param certificateAuthority - certificates in PEM that count beside those of Node */
export function createHttpAgents(certificateAuthority: string | null, proxyEnv: ProxyEnvironment): HttpAgents {
  const ca = certificateAuthority === null ? {} : { ca: [...getCACertificates('default'), certificateAuthority] };
  return {
    http: new HttpAgent({ keepAlive: true }),
    // Said, so that no NODE_TLS_REJECT_UNAUTHORIZED turns it off: credentials go to a server that proved its name.
    https: new HttpsAgent({ keepAlive: true, rejectUnauthorized: true, proxyEnv: { ...proxyEnv }, ...ca }),
  };
}

/** The agents of each authority, made once: an agent keeps its connections. */
export function createAgentsByAuthority(
  proxyEnv: ProxyEnvironment,
): (certificateAuthority: string | null) => HttpAgents {
  const made = new Map<string | null, HttpAgents>();
  return (certificateAuthority) => {
    const agents = made.get(certificateAuthority) ?? createHttpAgents(certificateAuthority, proxyEnv);
    made.set(certificateAuthority, agents);
    return agents;
  };
}

/** Without a proxy, and with the authorities that Node brings. */
export const HTTP_AGENTS = createHttpAgents(null, {});
