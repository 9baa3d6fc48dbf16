import { createGpgSigner, type GpgSigner } from './keys.ts';
import { type Area, type NewVector, SIGNED, type Signer, type Workshop } from './workshop.ts';

export const DAY = 86_400;

type More = Partial<NewVector>;

/** Commits of one signatory, whose key and signature have their times. */
export interface Timeline {
  /** One commit under the certificate in `file`. */
  sign(name: string, expect: string, signer: Signer, file: string, more?: More, seconds?: number): Promise<void>;
  make(name: string, expires?: string): Promise<GpgSigner>;
  inKeyTime(keyTime: 'signature' | 'ignore', file: string): More;
  /** First seen right after signing, under a policy that named nobody, and judged in June. The command sees it in June. */
  seenEarly(cli: string): More;
}

export function createTimeline(workshop: Workshop, area: Area, rule: string): Timeline {
  const policyOf = (openpgp: string) => ({ signatories: [{ name: 'Alice', openpgp }] });
  return {
    sign: async (name, expect, signer, file, more = {}, seconds = SIGNED) => {
      const history = await area.history();
      await history.commit('A', { seconds }, signer);
      area.record(history, { policy: policyOf(file), rule, made: 'gpg at a faked time.', name, expect, ...more });
    },
    make: (name, expires = '0') =>
      createGpgSigner(workshop, { name, email: `${name.toLowerCase()}@example.com`, expires }),
    inKeyTime: (keyTime, file) => ({ policy: { ...policyOf(file), branches: { main: { keyTime } } } }),
    seenEarly: (cli) => ({
      earlier: [{ at: day(SIGNED + DAY), tip: 'A', policy: 'nobody' }],
      'expect-by': { cli },
    }),
  };
}

/** As vectors write a time. */
export function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
