import { describe, expect, it } from 'vitest';
import { declareForm, detailsForm, draftForm, updateForm } from '../../src/incidents/types.ts';
import { parse } from '../../src/shared/form.ts';

const declared = {
  title: ' Cards fail ',
  severity: '2',
  visibility: 'public',
  body: 'We look.\r\n',
};

describe('the forms', () => {
  it('read what a browser sends', () => {
    const typed = { ...declared, startedAt: '2026-11-22T13:30', nextUpdateBy: '' };
    expect(parse(declareForm, { ...typed, unknown: 'dropped' })).toEqual({
      title: 'Cards fail',
      severity: 2,
      visibility: 'public',
      state: 'investigating',
      body: 'We look.',
      components: {},
      startedAt: new Date('2026-11-22T13:30:00Z'),
    });
  });

  it.each([
    ['2026-11-22T15:00', '2026-11-22T15:00:00.000Z'],
    ['2026-11-22T15:00:30Z', '2026-11-22T15:00:30.000Z'],
    ['2026-11-22T15:00:00+01:00', '2026-11-22T14:00:00.000Z'],
  ])('read the time %s as %s', (typed, instant) => {
    const form = parse(updateForm, { state: 'identified', body: 'x', nextUpdateBy: typed });
    expect(form.nextUpdateBy?.toISOString()).toBe(instant);
  });

  it.each([
    ['title', { title: ' ' }],
    ['title', { title: 'x'.repeat(256) }],
    ['title', { title: 'two\nlines' }],
    ['severity', { severity: '5' }],
    ['severity', { severity: '' }],
    ['visibility', { visibility: 'secret' }],
    ['state', { state: 'postmortem' }],
    ['body', { body: '\u0000' }],
    ['body', { body: 'é'.repeat(10_001) }],
    ['body', { body: ['twice', 'twice'] }],
    ['startedAt', { startedAt: 'yesterday' }],
    ['nextUpdateBy', { nextUpdateBy: '2026-02-30T10:00Z' }],
    ['targetMinutes', { targetMinutes: '4' }],
    ['components.bbbbbbbbbbbb', { components: { bbbbbbbbbbbb: 'broken' } }],
  ])('refuse at %s: %j', (field, wrong) => {
    const reading = () => parse(declareForm, { ...declared, ...wrong });
    expect(reading).toThrow(
      expect.objectContaining({
        code: 'invalid',
        fields: { [field]: expect.stringMatching(/^[A-Z].*\.$/) as unknown },
      }),
    );
  });

  it('change only what is given', () => {
    expect(parse(detailsForm, { severity: '1' })).toEqual({ severity: 1 });
  });

  it('keep a half-done draft, within its size', () => {
    const draft = { subject: '', mjml: '<mjml>', plain: '', facts: { workaround: ' ' } };
    expect(parse(draftForm, draft).facts).toEqual({ workaround: '' });
    const large = { ...draft, mjml: 'x'.repeat(64 * 1024 + 1) };
    expect(() => parse(draftForm, large)).toThrow('correct the fields');
  });
});
