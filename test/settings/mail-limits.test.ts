import { describe, expect, it } from 'vitest';
import { readRelays } from '../../src/config/relays.ts';
import { systemActor } from '../../src/events/types.ts';
import { eventsAfter } from '../../src/events/store.ts';
import {
  limitsInForce,
  mailLimitsForm,
  readMailLimits,
  saveMailLimits,
} from '../../src/settings/mail-limits.ts';
import { parse } from '../../src/shared/form.ts';
import { testKernel } from '../support/kernel.ts';

const empty = {
  connections: '',
  perSecond: '',
  perHour: '',
  perDay: '',
  perConnection: '',
  perDomainPerMinute: '',
};
const form = (typed: Partial<typeof empty>) => parse(mailLimitsForm, { ...empty, ...typed });

describe('the form', () => {
  it('leaves what is empty to SMTP_URL, and takes limits away', () => {
    expect(form({})).toEqual({});
    expect(form({ perHour: ' 500 ', perDay: 'None', connections: '7' })).toEqual({
      perHour: 500,
      perDay: null,
      connections: 7,
    });
  });

  it.each<[keyof typeof empty, string]>([
    ['connections', '51'],
    ['connections', 'none'],
    ['perSecond', '0'],
    ['perHour', '-1'],
    ['perDay', '1.5'],
    ['perDay', '1e3'],
    ['perConnection', 'many'],
    ['perDomainPerMinute', '9999999999'],
  ])('refuses %s %j', (field, typed) => {
    expect(() => form({ [field]: typed })).toThrow(
      expect.objectContaining({ fields: { [field]: expect.stringMatching(/^Please/) } }),
    );
  });
});

describe('limits of a relay', () => {
  it('are kept per relay, recorded, and given up', async () => {
    const kernel = await testKernel();
    const save = (relay: string, typed: Partial<typeof empty>) =>
      saveMailLimits(kernel, systemActor, relay, form(typed));
    await save('one.test:25', { perHour: '500' });
    await save('two.test:25', { perDay: 'none' });
    await save('one.test:25', { perSecond: '3' });
    expect(await readMailLimits(kernel.db.read)).toEqual({
      'one.test:25': { perSecond: 3 },
      'two.test:25': { perDay: null },
    });
    await save('one.test:25', {});
    expect(await readMailLimits(kernel.db.read)).toEqual({ 'two.test:25': { perDay: null } });
    const event = (await eventsAfter(kernel.db.read, 0, 100)).at(-1);
    expect(event?.kind).toBe('mail_limits.changed');
    expect(JSON.parse(event?.data ?? '')).toEqual({
      relay: 'one.test:25',
      before: { perSecond: 3 },
      after: {},
    });
  });

  it('stand over those of SMTP_URL', () => {
    const [relay] = readRelays('smtp://a.test?perHour=100&perSecond=5', (fault) =>
      expect.fail(fault),
    );
    if (!relay) throw new Error('There is one.');
    expect(limitsInForce(relay)).toMatchObject({
      connections: 20,
      limits: { perHour: 100, perSecond: 5 },
    });
    expect(limitsInForce(relay, { perHour: null, connections: 2 })).toMatchObject({
      connections: 2,
      limits: { perHour: null, perSecond: 5 },
    });
  });
});
