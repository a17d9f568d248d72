// Which ways mail can go here: to the relays that are configured, else into a folder.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import { createCaptureMailer } from './capture.ts';
import { createSmtpMailer } from './smtp.ts';
import type { Mailer } from './types.ts';

/** Where mail is kept when there is no relay. */
export const mailboxDir = (dataDir: string) => join(dataDir, 'mail');

/** The mailers of this configuration, at least one. Says so in the log when mail goes nowhere. */
export function createMailers(
  { relays, dataDir }: Pick<Config, 'relays' | 'dataDir'>,
  kernel: Pick<Kernel, 'log'>,
): Mailer[] {
  if (relays.length > 0) return relays.map(createSmtpMailer);
  kernel.log.warn({}, 'SMTP_URL is unset: mail is kept in the data folder and not sent.');
  return [createCaptureMailer(mailboxDir(dataDir))];
}
