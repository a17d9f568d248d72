// Which way mail goes here: to the relay that is configured, else into a folder.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import { createCaptureMailer } from './capture.ts';
import { createSmtpMailer } from './smtp.ts';
import type { Mailer } from './types.ts';

export type { Mailer } from './types.ts';

/** Where mail is kept when there is no relay. */
export const mailboxDir = (dataDir: string) => join(dataDir, 'mail');

/** The mailer for this configuration. Says so in the log when mail goes nowhere. */
export function createMailer({ smtpUrl, dataDir }: Config, kernel: Kernel): Mailer {
  if (smtpUrl !== undefined) return createSmtpMailer(smtpUrl);
  kernel.log.warn({}, 'SMTP_URL is unset: mail is kept in the data folder and not sent.');
  return createCaptureMailer(mailboxDir(dataDir));
}
