// Notes the record's newest entry outside the database, so that a cut or rewritten tail shows later (S-75).
import { activeAdmins } from './accounts/service.ts';
import type { Kernel } from './db/kernel.ts';
import { append, currentHead } from './events/service.ts';
import { systemActor } from './events/types.ts';
import { releaseToOne } from './notifications/service.ts';
import { lastNotedDay, readSettings, saveNotedDay } from './settings/service.ts';
import { dayIn, dayName } from './shared/time.ts';
import { recordHeadMail } from './templates/mails.ts';

/** Writes the head to the log: call it hourly. */
export async function logHead(kernel: Kernel): Promise<void> {
  kernel.log.info({ head: await headText(kernel) }, 'Head of the record');
}

/** Mails the head to the admins, once a UTC day; the day of the first start has none. */
export async function mailHead(kernel: Kernel): Promise<void> {
  const today = dayIn('Etc/UTC', kernel.clock.now());
  const noted = await lastNotedDay(kernel.db.read);
  if (noted === today) return;
  const { name, timeZone } = await readSettings(kernel.db.read);
  const page = { name, timeZone, url: kernel.publicUrl };
  const mail = await recordHeadMail(page, dayName(today), await headText(kernel));
  await kernel.db.write(async (tx) => {
    // Another process may have been first.
    if ((await lastNotedDay(tx)) !== noted) return;
    await saveNotedDay(tx, today, kernel.clock.now());
    if (noted === undefined) return;
    const admins = await activeAdmins(tx);
    for (const recipientId of admins) {
      const to = { recipientKind: 'account', recipientId } as const;
      await releaseToOne(tx, kernel, systemActor, { kind: 'record_head', mail, ...to });
    }
    await append(tx, kernel.clock, systemActor, {
      kind: 'record.head_mailed',
      subject: 'record',
      data: { day: today, accounts: admins },
    });
  });
}

async function headText({ db }: Kernel): Promise<string> {
  const { seq, hash } = await currentHead(db.read);
  return `${seq}:${hash}`;
}
