// Trying a relay for somebody, and keeping in the record that it was done.
import type { Kernel } from '../db/kernel.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { converse } from './converse.ts';
import type { Trial, TrialOutcome } from './types.ts';

export interface Tried {
  trial: Trial;
  outcome: TrialOutcome;
}

/** Connects, speaks, and answers what was said. Thirty seconds at most. */
export async function tryRelay(
  kernel: Kernel,
  actor: Actor,
  wanted: Omit<Trial, 'message'>,
): Promise<Tried> {
  const trial = { ...wanted, message: testMail(kernel, wanted.from, wanted.to) };
  const outcome = await converse(trial, { monotonic: () => kernel.clock.monotonic() });
  const { host, port } = trial.relay;
  await kernel.db.write((tx) =>
    append(tx, kernel.clock, actor, {
      kind: 'relay.tried',
      subject: 'relay',
      data: { host, port, upTo: trial.upTo, trouble: outcome.trouble?.kind ?? null },
    }),
  );
  return { trial, outcome };
}

/** Small, plain, and saying what it is. */
function testMail(kernel: Kernel, from: string, to: string): string {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return [
    `From: <${from}>`,
    `To: <${to}>`,
    'Subject: Test of the mail relay',
    `Date: ${kernel.clock.now().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <test-${kernel.ids.publicId()}@${domain}>`,
    'Auto-Submitted: auto-generated',
    'X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    'This is a test. The mail relay took this message from the status page at',
    kernel.publicUrl,
    '',
    'Nobody else got it. In the source of this message, Authentication-Results',
    'should say spf=pass, dkim=pass and dmarc=pass.',
    '',
  ].join('\r\n');
}
