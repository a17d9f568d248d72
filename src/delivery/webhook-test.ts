// "Send test": one message posted while its person waits, outside the queue, and kept in the delivery log.
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { noteSent } from '../notifications/webhooks.ts';
import { invalid, notFound } from '../shared/errors.ts';
import { noteTest } from '../webhooks/log-store.ts';
import { findByPublicId } from '../webhooks/store.ts';
import { post } from './post.ts';
import { testMessage, type TestPage } from './test-message.ts';
import { describe, healthAfter } from './webhook-rules.ts';
import { type Outside, postOptions, toPosting } from './webhooks.ts';

export interface TestResult {
  isOk: boolean;
  /** HTTP status, or null when there was no answer. */
  status: number | null;
  ms: number;
  /** What came back, short and redacted. */
  reply: string;
}

/** Posts a test now and answers what came back. Changes nothing of how the webhook fares. */
export async function sendTest(
  kernel: Kernel,
  config: Pick<Config, 'webhookAllow'>,
  actor: Actor,
  publicId: string,
  page: TestPage,
  outside: Outside = {},
): Promise<TestResult> {
  const row = await findByPublicId(kernel.db.read, publicId);
  if (!row) throw notFound('webhook');
  const message = testMessage(page, kernel.clock.now());
  const recipient = { ...row, kind: 'webhook' as const };
  const posting = toPosting(kernel, recipient, message, `msg_test${kernel.ids.publicId()}`);
  if (!posting) throw invalid('format', 'There is no test message in this format.');
  const answer = await post(posting, postOptions(kernel, config, outside));
  const isOk = healthAfter(answer) === 'ok';
  const status = answer.kind === 'answer' ? answer.status : null;
  const reply = describe(answer);
  await kernel.db.write(async (tx) => {
    const notificationId = await noteSent(tx, kernel, message);
    const at = kernel.clock.now();
    await noteTest(tx, { notificationId, recipientId: row.id, at, isOk, code: status, reply });
    await append(tx, kernel.clock, actor, {
      kind: 'webhook.tested',
      subject: 'webhook',
      subjectId: row.id,
      data: { status, ok: isOk },
    });
  });
  return { isOk, status, ms: answer.ms, reply };
}
