import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { deliveries, mailContents, notifications } from '../../src/db/schema.ts';
import {
  draftFacts,
  findDraft,
  mailDigest,
  releaseDraft,
  reviewDraft,
  saveDraft,
  sendTest,
  skipDraft,
} from '../../src/incidents/drafts.ts';
import { incidentTimeline } from '../../src/incidents/read.ts';
import { changeDetails, retract } from '../../src/incidents/service.ts';
import type { DraftWords, EmailDraftRow } from '../../src/incidents/types.ts';
import { everything, lead, type Newsroom, newsroom, subscribeSomebody, token } from './newsroom.ts';

async function drafted() {
  const room = await newsroom();
  await subscribeSomebody(room);
  const { incidentPublicId: id, draftId } = await room.declare();
  if (draftId === null) throw new Error('no draft');
  const draft = () => findDraft(room.kernel.db.read, draftId);
  return { room, id, draftId, draft };
}

const wordsOf = ({ subject, mjml, plain, facts }: EmailDraftRow): DraftWords => ({
  subject,
  mjml,
  plain,
  facts,
});

/** Clears what only a person can say, so that the email may go. */
async function finish({ kernel }: Newsroom, draftId: number): Promise<number> {
  const row = await findDraft(kernel.db.read, draftId);
  const facts = Object.fromEntries(Object.keys(row.facts).map((name) => [name, '']));
  return saveDraft(kernel, lead, draftId, row.version, { ...wordsOf(row), facts });
}

const contentOf = async ({ kernel }: Newsroom, notificationId: number) => {
  const [row] = await kernel.db.read
    .select({
      subject: mailContents.subject,
      plain: mailContents.plain,
      stage: notifications.stage,
    })
    .from(notifications)
    .innerJoin(mailContents, eq(mailContents.sha256, notifications.contentSha256))
    .where(eq(notifications.id, notificationId));
  return row;
};

describe('a draft', () => {
  it('is prefilled from its stage and the incident, and waits for a person', async () => {
    const { room, draftId, draft } = await drafted();
    expect(await draft()).toMatchObject({ stage: 'investigating', state: 'draft', version: 1 });
    expect((await draft()).facts).toHaveProperty('cannot_do', '[what customers cannot do]');
    expect(await draftFacts(room.kernel, draftId)).toMatchObject({
      title: { value: 'Card payments are failing' },
      components: { value: 'Payments' },
      next_update_by: { value: '14:30 UTC' },
      update: { kind: 'markdown', value: 'We are looking into it.' },
    });
    const review = await reviewDraft(room.kernel, draftId);
    expect(review.sendable).toBe(false);
    expect(review.problems.some((problem) => problem.kind === 'unfilled')).toBe(true);
    const sending = releaseDraft(room.kernel, lead, draftId, 1);
    await expect(sending).rejects.toMatchObject({
      code: 'invalid',
      fields: { cannot_do: expect.any(String) as unknown },
    });
    expect((await everything(room)).notifications).toEqual([]);
  });

  it('shows words that are not saved yet', async () => {
    const { room, draftId, draft } = await drafted();
    const words = { ...wordsOf(await draft()), facts: { cannot_do: 'Pay by card.' } };
    const review = await reviewDraft(room.kernel, draftId, words);
    expect(review.sendable).toBe(true);
    expect(review.mail?.plain).toContain('Pay by card.');
    expect((await draft()).version).toBe(1);
  });

  it('is saved over the version that was seen', async () => {
    const { room, draftId, draft } = await drafted();
    const words = { ...wordsOf(await draft()), subject: 'Mine' };
    expect(await saveDraft(room.kernel, lead, draftId, 1, words)).toBe(2);
    const late = saveDraft(room.kernel, lead, draftId, 1, { ...words, subject: 'Lost' });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect((await draft()).subject).toBe('Mine');
  });

  it('begins with what was found for the email before', async () => {
    const { room, id, draftId, draft } = await drafted();
    const facts = { cannot_do: '[what customers cannot do]', workaround: 'Pay by bank transfer.' };
    await saveDraft(room.kernel, lead, draftId, 1, { ...wordsOf(await draft()), facts });
    const next = await room.say(id);
    expect((await findDraft(room.kernel.db.read, next.draftId ?? 0)).facts).toEqual(facts);
  });
});

describe('releasing', () => {
  it('freezes what was previewed and owes it to everyone', async () => {
    const { room, draftId, draft, id } = await drafted();
    const version = await finish(room, draftId);
    const { mail } = await reviewDraft(room.kernel, draftId);
    if (!mail) throw new Error('not compiled');
    const sent = await releaseDraft(room.kernel, lead, draftId, version, mailDigest(mail));
    expect(await contentOf(room, sent)).toEqual({
      subject: '[Acme Status] Card payments are failing',
      plain: mail.plain,
      stage: 'investigating',
    });
    expect(await room.kernel.db.read.select().from(deliveries)).toHaveLength(1);
    expect(await draft()).toMatchObject({ state: 'queued', notificationId: sent });
    const { incident, updates } = await room.detail(id);
    // What became of a draft is nobody's business outside: the public answer does not move with it (S-40).
    expect(updates[0]?.deliverNotifications).toBeNull();
    const timeline = await incidentTimeline(room.kernel.db.read, incident.id);
    expect(timeline.at(-1)).toMatchObject({ kind: 'email.released', isPublic: true });
  });

  it('happens once', async () => {
    const { room, draftId } = await drafted();
    const version = await finish(room, draftId);
    await releaseDraft(room.kernel, lead, draftId, version);
    const again = releaseDraft(room.kernel, lead, draftId, version);
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
    const saving = finish(room, draftId);
    await expect(saving).rejects.toMatchObject({ code: 'conflict' });
    expect((await everything(room)).notifications).toHaveLength(1);
  });

  it('is refused when the email now tells something else than what was previewed', async () => {
    const { room, draftId, id } = await drafted();
    const version = await finish(room, draftId);
    const { mail } = await reviewDraft(room.kernel, draftId);
    if (!mail) throw new Error('not compiled');
    await changeDetails(room.kernel, lead, id, undefined, { title: 'Cards fail' });
    const sending = releaseDraft(room.kernel, lead, draftId, version, mailDigest(mail));
    await expect(sending).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each(['a private incident', 'an older stage'])('is refused for %s', async (reason) => {
    const { room, draftId, id } = await drafted();
    const version = await finish(room, draftId);
    if (reason === 'a private incident') await retract(room.kernel, lead, id, undefined);
    else await room.say(id, { email: { kind: 'release' } });
    const sending = releaseDraft(room.kernel, lead, draftId, version);
    await expect(sending).rejects.toMatchObject({ code: 'conflict' });
  });

  it('keeps the subject of the first email, also under another title', async () => {
    const { room, draftId, id } = await drafted();
    await releaseDraft(room.kernel, lead, draftId, await finish(room, draftId));
    await changeDetails(room.kernel, lead, id, undefined, { title: 'Cards fail' });
    const subject = '[Acme Status] Card payments are failing';
    const next = await room.say(id);
    expect(await findDraft(room.kernel.db.read, next.draftId ?? 0)).toMatchObject({ subject });
    const resolved = await room.say(id, { state: 'resolved', email: { kind: 'release' } });
    expect(await contentOf(room, resolved.notificationId ?? 0)).toMatchObject({ subject });
  });
});

describe('publish and send', () => {
  it('sends the template’s words in the same breath', async () => {
    const { room, id } = await drafted();
    const done = await room.say(id, { body: 'It was [a] typo.', email: { kind: 'release' } });
    expect(await contentOf(room, done.notificationId ?? 0)).toMatchObject({ stage: 'identified' });
    const [update] = (await room.detail(id)).updates;
    expect(update).toMatchObject({
      deliverNotifications: true,
      draft: { state: 'queued', notificationId: done.notificationId },
    });
  });

  it('publishes what several say at once, each email with its own words', async () => {
    const { room, id } = await drafted();
    const bodies = ['One.', 'Two.', 'Three.'];
    const all = await Promise.all(
      bodies.map((body, index) =>
        room.say(id, {
          body,
          email: { kind: 'release' },
          details: { title: `Title ${index}` },
        }),
      ),
    );
    const mails = await Promise.all(all.map((one) => contentOf(room, one.notificationId ?? 0)));
    for (const [index, body] of bodies.entries()) {
      expect(mails[index]?.plain).toContain(body);
      expect(mails[index]?.plain).toContain(`Title ${index}`);
    }
  });
});

describe('no email', () => {
  it('has a reason, at publishing or later', async () => {
    const { room, draftId, draft, id } = await drafted();
    await skipDraft(room.kernel, lead, draftId, 1, 'Over in a minute.');
    expect(await draft()).toMatchObject({ state: 'cancelled', reason: 'Over in a minute.' });
    await room.say(id, { email: { kind: 'none', reason: 'Nothing new.' } });
    const { updates } = await room.detail(id);
    expect(updates).toMatchObject([
      { deliverNotifications: false, draft: { state: 'cancelled', reason: 'Nothing new.' } },
      { deliverNotifications: null, draft: { state: 'cancelled', reason: 'Over in a minute.' } },
    ]);
    const late = releaseDraft(room.kernel, lead, draftId, 2);
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a test', () => {
  it('goes to who asks for it, unfinished as it is', async () => {
    const { room, draftId, draft } = await drafted();
    const sent = await sendTest(room.kernel, lead, draftId);
    expect(await contentOf(room, sent)).toMatchObject({
      subject: '[Test] [Acme Status] Card payments are failing',
    });
    expect(await room.kernel.db.read.select().from(notifications)).toMatchObject([
      { kind: 'test', recipientKind: 'account', lane: 'direct' },
    ]);
    expect(await draft()).toMatchObject({ state: 'draft', version: 1 });
    await expect(sendTest(room.kernel, token, draftId)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
