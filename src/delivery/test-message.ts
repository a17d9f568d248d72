// The message of "send test": says that it is one, and nothing of the page's state beyond what anybody sees.
import type { WebhookMessage } from '../notifications/types.ts';
import { chatBodies } from './chat.ts';

/** The page as a test names it. */
export interface TestPage {
  id: string;
  name: string;
  url: string;
  /** Statuspage's word for the overall state, and how it is said. */
  indicator: string;
  description: string;
}

export function testMessage(page: TestPage, at: Date): WebhookMessage {
  const words = `This is a test. Updates from ${page.name} will be posted here.`;
  const { id, name, url } = page;
  const timestamp = at.toISOString();
  return {
    subject: 'Test',
    bodies: {
      standard: { type: 'test', timestamp, data: { page: { id, name, url }, message: words } },
      statuspage: {
        meta: { unsubscribe: '', documentation: `${url}/subscribe`, generated_at: timestamp },
        page: { id, status_indicator: page.indicator, status_description: page.description },
      },
      ...chatBodies({
        title: name,
        label: 'Test',
        tone: 'quiet',
        words,
        facts: [],
        url: `${url}/`,
        pageName: name,
        at,
      }),
    },
  };
}
