import type { Alert } from '../model/alert.ts';

export interface AlertTopic {
  /** `id` makes repeated deliveries recognizable: `<repository>:<branch>:<version>:<n>`. */
  publish(id: string, alert: Alert): Promise<void>;
}
