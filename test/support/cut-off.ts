/** What happens around each call of a port. */
export interface CallHook {
  before(call: string): Promise<void>;
  after(): Promise<void>;
}

/** The same port with `hook` around each of its functions. */
export function hookCalls<T extends object>(port: T, hook: CallHook): T {
  return new Proxy(port, {
    get(object, name) {
      const call: unknown = Reflect.get(object, name);
      if (typeof call !== 'function') return call;
      return async (...args: unknown[]) => {
        await hook.before(String(name));
        const result: unknown = await call.apply(object, args);
        await hook.after();
        return result;
      };
    },
  });
}

export class CutOff extends Error {}

/** Ends a run at one of its calls, before or after its effect, as a crash does. */
export function cutOffAt(call: number, when: 'before' | 'after'): CallHook {
  let calls = 0;
  const end = () => {
    throw new CutOff('Cut off.');
  };
  return {
    before: async () => {
      calls += 1;
      if (calls === call && when === 'before') end();
    },
    after: async () => {
      if (calls === call && when === 'after') end();
    },
  };
}

/** Lets others go first for as many turns as `delays` says, over and over. */
export function takeTurns(delays: readonly number[]): CallHook {
  let calls = 0;
  const wait = async () => {
    const turns = delays[calls++ % delays.length] ?? 0;
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  };
  return { before: wait, after: wait };
}
