const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopSignals {
  /** Resolves when somebody asks this process to end. Whoever asks again ends it at once. */
  readonly received: Promise<void>;
  /** Signals end this process again, as they do without this. */
  release(): void;
}

export function catchStopSignals(): StopSignals {
  const { promise, resolve } = Promise.withResolvers<void>();
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const onSignal = (): void => {
    release();
    resolve();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { received: promise, release };
}
