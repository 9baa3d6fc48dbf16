/** Runs an instance until it is told to end: `fork('serve.ts', [<data folder>])`. What goes between the two is below. */
import { startHeadlock } from '../../cli/operations/start-headlock.ts';

/** What the process says: its address when it runs, counts when it is asked. */
export type Told = { readonly origin: string } | { readonly decisions: number };
/** What it is told. */
export type Order = 'count' | 'stop';

const [, , dataFolder = ''] = process.argv;
const { PATH = '/usr/bin:/bin' } = process.env;
// Whoever started it may be gone before it runs.
const leave = () => process.exit();
process.once('disconnect', leave);
if (!process.connected) leave();

let decisions = 0;
const say = (told: Told) => process.send?.(told);

const headlock = await startHeadlock({
  ...{ dataFolder, port: 0, searchPath: PATH },
  intercept: ({ operation, input }, perform) => {
    if (operation === 'GetItem' && readsToDecide(input)) decisions += 1;
    return perform();
  },
});
process.on('message', (order: Order) => {
  if (order === 'count') say({ decisions });
  else process.disconnect();
});
// Also where whoever started it is gone.
process.off('disconnect', leave).once('disconnect', () => void headlock.stop());
say({ origin: headlock.instance.apiUrl });

/** A decision begins with a consistent read of its branch; polls read eventually (trust rule 5.1). */
function readsToDecide(input: unknown): boolean {
  const { ConsistentRead, Key } = input as { ConsistentRead?: boolean; Key?: { pk?: { S?: string } } };
  return ConsistentRead === true && Key?.pk?.S?.startsWith('branch:') === true;
}
