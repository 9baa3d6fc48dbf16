import type { ProxyEnvironment } from '../shared/git/http-agents.ts';
import type { Terminal } from './terminal.ts';

/** 0: yes, trusted, done. 1: no, locked, refused. 2: could not be carried out. */
export type ExitStatus = 0 | 1 | 2;

/** What the environment says. */
export interface Settings {
  /** `PATH`, to find git, gpg and ssh-keygen. */
  readonly searchPath: string;
  readonly home: string;
  /** Where the user's programs keep what can be made again; null where nothing is to be kept. */
  readonly cacheFolder: string | null;
  readonly gitUsername: string | null;
  readonly gitPassword: string | null;
  /** For what is fetched from other machines. */
  readonly proxyEnv: ProxyEnvironment;
  /** Whether errors show where they come from. */
  readonly debug: boolean;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly settings: Settings;
  /** How a command says how it ended. */
  finish(status: ExitStatus): void;
}
