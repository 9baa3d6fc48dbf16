import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Services, startServices } from '../../infra/local/services/start-services.ts';

/** The embedded AWS services on a folder that is gone when they are closed. */
export async function startTemporaryServices(): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-services-'));
  const services = await startServices({ folder });
  return {
    ...services,
    close: async () => {
      await services.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
