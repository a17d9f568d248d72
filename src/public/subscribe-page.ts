// What is the same for everyone about subscribing: the page with all ways to, and Statuspage's document of it.
// Apart from what the forms do, so that documents can be made before anything of that is loaded.
import type { PublicSnapshot } from '../status/types.ts';
import { type Edition, editionOf } from './editions.ts';
import { pageIn } from './pages.ts';
import { subscribeModel } from './subscribe-model.ts';
import type { Document, FixedDocuments } from './types.ts';
import { pageJson } from './v2-objects.ts';

/** All ways to hear about what happens, in one place. */
export const subscribePage = (
  snapshot: PublicSnapshot,
  edition: Edition = editionOf(snapshot),
): Document => {
  const title = `${edition.speech.t('subscribe:title')} · ${snapshot.page.name}`;
  return pageIn(edition, 'public/subscribe', title, subscribeModel(edition), {
    path: '/subscribe',
  });
};

/** A client that asks by GET, as some do by mistake, learns of the page and subscribes nobody. */
export const subscribersDocument: FixedDocuments = {
  '/api/v2/subscribers.json': (snapshot: PublicSnapshot): Document => ({
    body: JSON.stringify(aboutSubscribing(snapshot, 'email_sms')),
    contentType: 'application/json; charset=utf-8',
    isOpen: true,
  }),
};

/** What Statuspage answers whoever subscribes or leaves through its API. */
export const aboutSubscribing = (snapshot: PublicSnapshot, mode: 'email_sms' | 'webhook') => ({
  page: pageJson(snapshot),
  can_select_components: snapshot.components.length > 1,
  mode,
});
