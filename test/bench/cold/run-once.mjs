/**
 * Plain JavaScript, so that nothing but the function is compiled: loads the bundle in `argv[2]`, calls its handler with
 * the event in `argv[3]`, and prints how many milliseconds passed until DynamoDB's first answer, and how many of them the
 * processor worked.
 */
import diagnostics from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';

const [, , file, event] = process.argv;

diagnostics.subscribe('http.client.response.finish', ({ request }) => {
  if (!String(request.getHeader('x-amz-target')).startsWith('DynamoDB')) return;
  const { user, system } = process.cpuUsage(worked);
  process.stdout.write(JSON.stringify({ wall: performance.now() - start, cpu: (user + system) / 1000 }));
  process.exit(0);
});

const context = { awsRequestId: 'cold', functionName: 'cold', getRemainingTimeInMillis: () => 60_000 };
const worked = process.cpuUsage();
const start = performance.now();
const { handler } = await import(pathToFileURL(file).href);
await handler(JSON.parse(event), context);
process.stderr.write('The handler ended without asking DynamoDB.\n');
process.exit(1);
