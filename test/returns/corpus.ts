// Reports as mail systems write them, and what each must amount to. `{{mark}}` stands for a delivery's mark,
// `{{bounce}}` for the bounce domain; what stands between `{{base64}}` lines is encoded when it is read.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReturnKind } from '../../src/shared/words.ts';

export const bounceDomain = 'bounce.example.com';

const folder = join(import.meta.dirname, 'corpus');

export const corpusNames = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => name.slice(0, -4))
    .toSorted();

/** A report about the delivery that `mark` names, with the line ends of the wire. */
export function corpusMail(name: string, mark: string): Buffer {
  const text = readFileSync(join(folder, `${name}.eml`), 'utf8')
    .replaceAll('{{mark}}', mark)
    .replaceAll('{{MARK}}', mark.toUpperCase())
    .replaceAll('{{bounce}}', bounceDomain)
    .replaceAll(/\{\{base64\}\}\n([\s\S]*?)\{\{\/base64\}\}/g, (_, part: string) => encode(part));
  return Buffer.from(text.replaceAll('\n', '\r\n'));
}

const encode = (text: string) =>
  Buffer.from(text)
    .toString('base64')
    .replaceAll(/(.{76})/g, '$1\n');

export interface Expected {
  kind: ReturnKind;
  code: string | null;
  /** Whether the delivery is recognised. */
  ours: boolean;
  /** What follows for the subscriber and the notification. */
  effect: 'nothing' | 'counted' | 'quarantine' | 'suppression' | 'pause';
}

const hard = (code = '5.1.1'): Expected => ({
  kind: 'hard',
  code,
  ours: true,
  effect: 'quarantine',
});
const soft = (code: string | null): Expected => ({
  kind: 'soft',
  code,
  ours: true,
  effect: 'counted',
});
const policy = (code: string, effect: 'pause' | 'nothing'): Expected => ({
  kind: 'policy',
  code,
  ours: true,
  effect,
});
const delayed = (code: string | null): Expected => ({
  kind: 'delayed',
  code,
  ours: true,
  effect: 'nothing',
});
const complaint: Expected = { kind: 'complaint', code: null, ours: true, effect: 'suppression' };
const passed = (code: string | null, ours = true): Expected => ({
  kind: 'other',
  code,
  ours,
  effect: 'nothing',
});
const nobodys = (expected: Expected): Expected => ({ ...expected, ours: false, effect: 'nothing' });
const unreadable: Expected = { kind: 'unreadable', code: null, ours: false, effect: 'nothing' };

export const expectations: Record<string, Expected> = {
  advertisement: unreadable,
  'arf-auth-failure': passed(null),
  'arf-forged': nobodys(complaint),
  'arf-jmrp': complaint,
  'arf-not-spam': passed(null),
  'arf-ses-complaint': complaint,
  'arf-yahoo': complaint,
  'base64-parts': hard(),
  'content-refused': policy('5.0.0', 'pause'),
  'cut-short': hard(),
  'exchange-access-denied': soft('5.4.1'),
  'exchange-german-plain': soft('5.1.1'),
  'exchange-group-closed': policy('5.7.133', 'nothing'),
  'exchange-mailbox-full': soft('5.2.2'),
  'exim-general-status': hard(),
  'exim-warning': delayed('4.3.0'),
  'exim-without-report': soft('5.1.1'),
  'forged-message-id': nobodys(hard()),
  'forged-sender': unreadable,
  'forged-sender-below': unreadable,
  'forged-verp': nobodys(hard()),
  'gmail-delayed': delayed('4.4.1'),
  'gmail-disabled-account': hard('5.2.1'),
  'gmail-over-quota': soft('5.2.2'),
  'gmail-rate-limited': policy('4.7.28', 'nothing'),
  'gmail-unauthenticated': policy('5.7.26', 'pause'),
  'gmail-unknown-user': hard(),
  'icloud-local-policy': policy('5.7.1', 'nothing'),
  'icloud-unknown-user': hard(),
  'jmrp-without-report': complaint,
  'mark-in-status-only': nobodys(hard()),
  'message-id-folded': hard(),
  'message-id-only': hard(),
  'other-domain-verp': nobodys(hard()),
  'out-of-office': passed(null, false),
  'outlook-not-authenticated': policy('5.7.515', 'pause'),
  'outlook-unknown-user': hard('5.1.10'),
  'postfix-blocklisted': policy('5.7.1', 'pause'),
  'postfix-delayed': delayed('4.4.1'),
  'postfix-delivered': passed('2.0.0'),
  'postfix-expired': soft('4.4.1'),
  'postfix-greylisted-to-the-end': policy('4.7.1', 'nothing'),
  'postfix-internationalised': hard(),
  'postfix-multi-recipient': hard(),
  'postfix-no-such-domain': hard('5.1.2'),
  'postfix-unknown-user': hard(),
  'qmail-mark-in-copy-only': nobodys(soft('5.1.1')),
  'qmail-unknown-user': soft('5.1.1'),
  'sendmail-mailbox-full': soft('5.2.2'),
  'sendmail-unknown-user': hard(),
  'sendmail-warning': delayed('4.2.0'),
  'ses-suppressed': hard(),
  'status-against-diagnostic': policy('5.7.1', 'pause'),
  'upper-case-verp': hard(),
  'vacation-null-sender': passed(null, false),
  'without-part-three': hard(),
  'yahoo-no-account': soft('5.0.0'),
};
