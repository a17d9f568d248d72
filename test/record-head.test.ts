import { expect, it } from 'vitest';
import { addAccount, startSite } from './support/site.ts';
import { currentHead } from '../src/events/service.ts';
import { days, hours } from '../src/shared/clock.ts';
import { smtpReceiver } from './support/smtp.ts';

it('the head of the record is mailed to the admins once a day (S-75)', async () => {
  const relay = await smtpReceiver();
  const site = await startSite({ SMTP_URL: relay.url });
  await addAccount(site, 'admin', 'admin@example.test');
  await addAccount(site, 'comms_lead', 'lead@example.test');
  await site.app.tick();
  const { seq, hash } = await currentHead(site.kernel.db.read);
  site.clock.advance(days(1));
  for (let round = 0; round < 3; round += 1) {
    site.clock.advance(hours(1));
    await site.app.tick();
  }
  await expect.poll(() => relay.mails.length, { timeout: 10_000 }).toBe(1);
  expect(relay.to('admin@example.test')[0]?.parsed.text).toContain(`${seq}:${hash}`);
});
