// Puts together what sends mail and reads what comes back, in whichever process that is.
import { resolveTxt } from 'node:dns/promises';
import type { Config } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import { createComposer } from './delivery/compose.ts';
import { openDkim } from './delivery/dkim.ts';
import { createMailers } from './delivery/mailers.ts';
import { createSender, type Sender } from './delivery/sender.ts';
import { createBounceMailbox } from './returns/mailbox.ts';

/** Opens the mail room on an open house; it works once started. Throws `AppError` when mail cannot be signed. */
export async function openMailRoom(
  config: Config,
  kernel: Kernel,
  { hearsCommits = true } = {},
): Promise<Sender> {
  const { publicUrl, secretKey, log } = kernel;
  const sign = await openDkim(config.dkim, { log, resolveTxt });
  const composer = createComposer({ config, publicUrl, secretKey, sign });
  const sender = createSender({
    kernel,
    config,
    composer,
    mailers: createMailers(config, kernel),
    hearsCommits,
  });
  const { bounceMailbox: mailbox, bounceDomain, dataDir } = config;
  const bounces = mailbox && createBounceMailbox({ kernel, mailbox, bounceDomain, dataDir });
  return {
    start() {
      sender.start();
      bounces?.start();
    },
    wake: sender.wake,
    async stop(graceMs) {
      await Promise.all([sender.stop(graceMs), bounces?.stop()]);
    },
  };
}
