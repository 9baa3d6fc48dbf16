/** What is paid for, of one thing that happens. */
export const COUNTED = {
  gateway: 'API requests',
  invocations: 'invocations',
  reads: 'reads',
  readUnits: 'RRU',
  writes: 'writes',
  writeUnits: 'WRU',
  fifo: 'SQS FIFO',
  standard: 'SQS standard',
  kms: 'KMS',
  signatures: 'KMS Sign',
  alerts: 'SNS',
} as const;

export type Counted = keyof typeof COUNTED;
export type Counts = Readonly<Record<Counted, number>>;

export const NOTHING: Counts = {
  ...{ gateway: 0, invocations: 0, reads: 0, readUnits: 0, writes: 0, writeUnits: 0 },
  ...{ fifo: 0, standard: 0, kms: 0, signatures: 0, alerts: 0 },
};

export function addCounts(one: Counts, other: Partial<Counts>, times = 1): Counts {
  const names = Object.keys(COUNTED) as Counted[];
  return Object.fromEntries(names.map((name) => [name, one[name] + (other[name] ?? 0) * times])) as Record<
    Counted,
    number
  >;
}
