import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readSecretFile, writeSecretFile } from './secret-file.ts';

/** What signs requests to these services. Made at random for each data folder; worth nothing anywhere else. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const CREDENTIALS = z.object({ accessKeyId: z.string().min(16), secretAccessKey: z.string().min(40) });

/** The folder's credentials, made on first use; fresh ones where there is no folder. */
export function loadCredentials(folder: string | null): Credentials {
  const path = folder === null ? null : join(folder, 'credentials.json');
  const stored = path === null ? null : readSecretFile(path);
  if (stored !== null) {
    return CREDENTIALS.parse(stored);
  }
  const credentials: Credentials = {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase().slice(0, 15)}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
  if (path !== null) {
    writeSecretFile(path, credentials);
  }
  return credentials;
}
