// What is said between us and a relay, line by line with its time, and never a secret in it.
import type { Step, TalkLine } from './types.ts';

/** Keeps a talk. Lines come as nodemailer logs them. */
export interface TalkRecord {
  lines: TalkLine[];
  us(text: string): void;
  relay(text: string): void;
  note(text: string): void;
  /** The step that the last line of ours began. */
  step(): Step;
  enter(step: Step): void;
}

const mostLines = 200;
const longestLine = 1000;
const hidden = '(not shown)';

/** `secrets` are struck out wherever they turn up, also encoded. */
export function recordTalk(monotonic: () => number, secrets: string[]): TalkRecord {
  const began = monotonic();
  const lines: TalkLine[] = [];
  const forms = secrets.flatMap(spellings).toSorted((a, b) => b.length - a.length);
  let isSigningIn = false;
  let step: Step = 'connect';

  function add(side: TalkLine['side'], text: string): void {
    for (const line of text.split(/\r?\n/)) {
      if (lines.length >= mostLines) return;
      lines.push({ at: Math.round(monotonic() - began), side, text: readable(line, forms) });
    }
  }

  return {
    lines,
    us(text) {
      const [command = ''] = text.split(/[ \r\n]/, 1);
      step = isSigningIn ? 'sign_in' : (stepOf[command.toUpperCase()] ?? step);
      if (command.toUpperCase() === 'AUTH') {
        isSigningIn = true;
        add(
          'us',
          text.replace(/^(AUTH \S+).*$/s, (_all, first: string) => `${first} ${hidden}`),
        );
      } else {
        add('us', isSigningIn ? hidden : text);
      }
    },
    relay(text) {
      if (!text.startsWith('334')) isSigningIn = false;
      add('relay', text);
    },
    note: (text) => add('note', text),
    step: () => step,
    enter: (next) => void (step = next),
  };
}

const stepOf: Record<string, Step> = {
  EHLO: 'hello',
  HELO: 'hello',
  STARTTLS: 'encryption',
  AUTH: 'sign_in',
  MAIL: 'sender',
  RCPT: 'recipient',
  DATA: 'data',
};

/** A secret as it may travel: plain, base64, and inside AUTH PLAIN. Short ones would strike out half the talk. */
const spellings = (secret: string) =>
  secret.length < 4 ? [] : [secret, Buffer.from(secret).toString('base64')];

function readable(line: string, secrets: string[]): string {
  const plain = secrets.reduce((text, secret) => text.replaceAll(secret, hidden), line);
  // oxlint-disable-next-line no-control-regex
  return plain.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').slice(0, longestLine);
}
