import type { Log } from '../../shared/lambda/log.ts';

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps what is written to it. */
export function captureLog(): { readonly log: Log; readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const write =
    (level: LogEntry['level']): Log['info'] =>
    (message, fields = {}) => {
      entries.push({ level, message, fields });
    };
  return { log: { info: write('info'), warn: write('warn'), error: write('error') }, entries };
}
