import type { Installation } from './operations/installation.ts';

/** Opens the installation of a data folder for one piece of work. Loaded late: help and offline commands need no AWS client. */
export async function withInstallation<T>(
  dataFolder: string,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const { openInstallation } = await import('./operations/open-installation.ts');
  const installation = await openInstallation(dataFolder);
  try {
    return await work(installation);
  } finally {
    await installation.close();
  }
}
