// The entries of Statuspage's history feeds: one per incident or maintenance, rewritten in place by each update.
import { createHash } from 'node:crypto';
import { maintenanceLabels, stateLabels } from '../shared/labels.ts';
import type { PublicSnapshot, PublicUpdate } from '../status/types.ts';
import { oncePerSnapshot, remembered, wordsToHtml } from './rendered.ts';
import { momentHtml, windowHtml } from './statuspage-times.ts';
import { incidentUrl, isMaintenance, type Told } from './v2-objects.ts';
import { told } from './v2.ts';

export interface HistoryEntry {
  /** An integer for Atom's tag URI: drawn from the public id, so that what is not public leaves no gap. */
  number: number;
  title: string;
  url: string;
  html: string;
  /** What the newest update says of its time; of a maintenance still ahead, its start. */
  published: Date;
  updated: Date;
  /** Only of a maintenance. */
  maintenanceEnd: Date | null;
}

const entriesShown = 25;

/** The newest stories, as Statuspage sorts them. */
export const historyEntries = oncePerSnapshot((snapshot): HistoryEntry[] =>
  [...snapshot.recentIncidents, ...told(snapshot.recentMaintenances)]
    .toSorted((a, b) => sortedBy(b).getTime() - sortedBy(a).getTime() || (a.id < b.id ? 1 : -1))
    .slice(0, entriesShown)
    .map((one) => toEntry(snapshot, one)),
);

const toEntry = (snapshot: PublicSnapshot, one: Told): HistoryEntry => ({
  number: numberOf(one.id),
  title: one.title,
  url: incidentUrl(snapshot, one.id),
  html: storyHtml(snapshot.page.timeZone, one),
  published: publishedAt(one),
  updated: one.updatedAt,
  maintenanceEnd: isMaintenance(one) ? one.scheduledUntil : null,
});

function publishedAt(one: Told): Date {
  if (isMaintenance(one) && one.state === 'scheduled') return one.scheduledFor;
  return one.updates[0]?.displayAt ?? one.createdAt;
}

/** An open incident stays where it began; everything else moves with its entry's date. */
const sortedBy = (one: Told) =>
  !isMaintenance(one) && one.state !== 'resolved' ? one.startedAt : publishedAt(one);

const numberOf = (publicId: string) =>
  createHash('sha256').update(publicId).digest().readUIntBE(0, 6);

const labels = { ...stateLabels, ...maintenanceLabels };

/** The whole story, newest update first. */
function storyHtml(zone: string, one: Told): string {
  const updates: PublicUpdate<keyof typeof labels>[] = one.updates;
  const paragraphs = updates.map((update, i) => {
    // Statuspage names a state once; what is said again within it is an update.
    const label = updates[i + 1]?.state === update.state ? 'Update' : labels[update.state];
    return `<p> <small>${momentHtml(zone, update.displayAt)}</small><br> <strong>${label}</strong> - ${wordsHtml(update.body)} </p>`;
  });
  return [...scheduleHtml(zone, one), ...paragraphs].join(' ');
}

function scheduleHtml(zone: string, one: Told): string[] {
  if (!isMaintenance(one) || one.state !== 'scheduled') return [];
  const window = windowHtml(zone, one.scheduledFor, one.scheduledUntil);
  return [`<p><strong>THIS IS A SCHEDULED EVENT ${window}</strong></p>`];
}

/** An author's Markdown inside one paragraph: emphasis and links stay, blocks become line breaks. */
export const wordsHtml = remembered((body) =>
  wordsToHtml(body)
    .replaceAll(
      /<pre><code[^>]*>([\s\S]*?)<\/code><\/pre>/g,
      (_, code: string) => `${code.trimEnd().replaceAll('\n', '<br />')}<br /><br />`,
    )
    .replaceAll(/\n/g, '')
    .replaceAll(/<li>(?:<p>)?/g, '- ')
    .replaceAll(/(?:<\/p>)?<\/li>/g, '<br />')
    .replaceAll(/<\/(?:p|h[3-6]|blockquote|ul|ol)>|<hr ?\/?>/g, '<br /><br />')
    .replaceAll(/<(?:p|h[3-6]|blockquote|ul|ol)(?: [^>]*)?>/g, '')
    .replaceAll(/(?:<br \/>){3,}/g, '<br /><br />')
    .replaceAll(/^(?:<br \/>|\s)+|(?:<br \/>|\s)+$/g, ''),
);
