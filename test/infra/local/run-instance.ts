/** Runs an instance until it is killed: `node run-instance.ts <data folder> <assembly>`. Prints its URL. */
import { startInstance } from '../../../infra/local/instance.ts';

const [, , dataFolder = '', assembly = ''] = process.argv;
const instance = await startInstance({
  dataFolder,
  assembly,
  port: 0,
  searchPath: '',
  readStatus: async () => [],
  readWebhookSecret: async () => null,
});
console.log(instance.apiUrl);
