// The notice that other sites embed: a script that adds a frame, and the frame, which shows what is wrong just now.
import { type Impact, impacts } from '../shared/words.ts';
import type { PublicIncident, PublicSnapshot } from '../status/types.ts';
import { assetText } from '../web/assets.ts';
import { inlineHash } from '../web/headers.ts';
import { defaultLanguage } from '../web/language.ts';
import { renderText } from '../web/views.ts';
import { embeddable } from './badge.ts';
import { speechOf } from './speech.ts';
import type { FixedDocuments, Document } from './types.ts';
import { incidentUrl, isMaintenance, type Told } from './v2-objects.ts';

export const embedDocuments: FixedDocuments = {
  '/embed/script.js': script,
  '/embed.js': script,
  '/embed/frame': frame,
};

function script(): Document {
  return {
    body: assetText('embed.js'),
    contentType: 'text/javascript; charset=utf-8',
    headers: embeddable,
  };
}

function frame(snapshot: PublicSnapshot): Document {
  const { locale, t } = defaultLanguage();
  const style = assetText('embed.css');
  return {
    body: renderText('embed/frame', {
      locale,
      style,
      title: t('embed:title', { name: snapshot.page.name }),
      notice: noticeModel(snapshot),
      follow: t('embed:follow'),
      dismiss: t('embed:dismiss'),
      calm: t('embed:calm'),
    }),
    contentType: 'text/html; charset=utf-8',
    styleHash: inlineHash(style),
    isFrameable: true,
    headers: embeddable,
  };
}

/** The worst open incident, or else the maintenance under way; undefined when there is nothing to say. */
function noticeModel(snapshot: PublicSnapshot) {
  const stories: Told[] = [
    ...snapshot.openIncidents.toSorted(worstFirst),
    ...snapshot.maintenances.filter(
      ({ state }) => state === 'in_progress' || state === 'verifying',
    ),
  ];
  const [first, ...rest] = stories;
  if (!first) return undefined;
  const language = defaultLanguage();
  const at = first.updates[0]?.displayAt ?? first.createdAt;
  return {
    key: first.id,
    tone: isMaintenance(first) ? 'maintenance' : 'incident',
    label: language.t('embed:notice'),
    name: first.title,
    state: language.t(`embed:state.${first.state}`),
    at: { iso: at.toISOString(), text: speechOf(language).short(at) },
    url: incidentUrl(snapshot, first.id),
    more: rest.length > 0 ? language.t('embed:more', { count: rest.length }) : '',
  };
}

const rank = (impact: Impact) => impacts.indexOf(impact);

const worstFirst = (a: PublicIncident, b: PublicIncident) =>
  rank(b.impact) - rank(a.impact) || b.createdAt.getTime() - a.createdAt.getTime();
