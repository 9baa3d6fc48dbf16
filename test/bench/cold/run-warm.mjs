/**
 * Loads the bundle in `argv[2]` and calls it with the event in `argv[3]` again and again, as an agent polls: prints what one
 * call takes. Whoever gives entity tags has nothing new to tell.
 */
import { pathToFileURL } from 'node:url';

const [, , file, text] = process.argv;
const WARM_UP = 1_000;
const POLLS = 3_000;

const { handler } = await import(pathToFileURL(file).href);
const context = { awsRequestId: 'warm', functionName: 'warm', getRemainingTimeInMillis: () => 60_000 };
const event = JSON.parse(text);
const { headers } = await handler(event, context);
const isTagged = headers?.etag !== undefined;
if (isTagged) event.headers['if-none-match'] = headers.etag;

async function poll(times) {
  for (let n = 0; n < times; n += 1) {
    const { statusCode } = await handler(event, context);
    if (isTagged && statusCode !== 304) throw new Error(`A poll was answered ${statusCode}.`);
  }
}

await poll(WARM_UP);
const worked = process.cpuUsage();
const start = performance.now();
await poll(POLLS);
const { user, system } = process.cpuUsage(worked);
process.stdout.write(
  JSON.stringify({ wall: (performance.now() - start) / POLLS, cpu: (user + system) / 1000 / POLLS }),
);
process.exit(0);
