// How a repetition reads on the desk.
import { expect, it } from 'vitest';
import { ruleWords } from '../../src/maintenance/rule-words.ts';

it.each([
  ['FREQ=DAILY', 'every day'],
  ['FREQ=DAILY;INTERVAL=10', 'every 10 days'],
  ['FREQ=WEEKLY', 'every week'],
  ['FREQ=WEEKLY;BYDAY=SA', 'every week on Saturday'],
  ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH,FR', 'every 2 weeks on Tuesday, Thursday and Friday'],
  ['FREQ=MONTHLY;BYDAY=2TU', 'every month on the second Tuesday'],
  ['FREQ=MONTHLY;BYDAY=-1FR', 'every month on the last Friday'],
  ['FREQ=MONTHLY;BYMONTHDAY=15', 'every month on day 15'],
  ['FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1', 'every 3 months on its last day'],
  ['FREQ=WEEKLY;BYDAY=SA;COUNT=6', 'every week on Saturday, 6 times'],
  ['FREQ=DAILY;UNTIL=20271231', 'every day, until 2027-12-31'],
  // What would be said wrongly or by halves is not said.
  ['FREQ=YEARLY', undefined],
  ['FREQ=MONTHLY;BYDAY=TU', undefined],
  ['FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1', undefined],
  ['FREQ=MONTHLY;BYMONTHDAY=1,15', undefined],
  ['FREQ=WEEKLY;BYDAY=TU;WKST=SU', undefined],
  ['FREQ=WEEKLY;UNTIL=20261208T010000Z', undefined],
])('%s', (rule, words) => {
  expect(ruleWords(rule)).toBe(words);
});
