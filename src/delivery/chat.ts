// The same note in the words of three chats. What people wrote stays text there: no mention, no masked
// link, no formatting of its own (S-37). Pure.

/** What there is to say, as plain text. */
export interface Note {
  title: string;
  /** A state, in words: `Identified`. */
  label: string;
  tone: Tone;
  /** The author's words, without Markdown. */
  words: string;
  facts: { name: string; value: string }[];
  url: string;
  pageName: string;
  at: Date;
}

export type Tone = 'bad' | 'warn' | 'info' | 'good' | 'quiet';

const colours: Record<Tone, number> = {
  bad: 0xb3_26_1e,
  warn: 0xa6_62_00,
  info: 0x1f_5f_bf,
  good: 0x1b_7a_4b,
  quiet: 0x5c_62_6b,
};

export const chatBodies = (note: Note) => ({
  slack: slack(note),
  discord: discord(note),
  teams: teams(note),
});

/** What calls people, or begins a link in pointed brackets, is broken by a character without width. */
const quiet = (text: string) =>
  text
    .replaceAll(/@(?=everyone|here|channel|group|all)/gi, '@\u200b')
    .replaceAll(/<(?=[!@#/:a-z])/gi, '<\u200b');

const cut = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;

// Slack

/** Its three marks: with them escaped nothing in a text is a mention, a link or a command. */
const slackText = (text: string, most: number) =>
  cut(quiet(text), most).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const plain = (text: string, most: number) => ({
  type: 'plain_text',
  text: cut(quiet(text), most),
  emoji: false,
});

/** Block Kit for incoming webhooks; `text` is what notifications show. */
function slack({ title, label, words, facts, url, pageName }: Note) {
  const lines = facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
  return {
    text: slackText(`${label}: ${title} (${pageName})`, 600),
    blocks: [
      { type: 'header', text: plain(title, 150) },
      // Half of Slack's limit: escaping makes text longer.
      { type: 'section', text: { type: 'mrkdwn', text: `*${slackText(label, 80)}*` } },
      ...(words === '' ? [] : [{ type: 'section', text: plain(words, 2900) }]),
      ...(lines === '' ? [] : [{ type: 'section', text: plain(lines, 1000) }]),
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: `${slackText(pageName, 200)} · ${url}` }],
      },
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

// Discord

const bareLink = /(https?:\/\/[^\s<>()[\]\\`|*]+)/;

/** Markdown's marks escaped, but not inside bare addresses, which it would break. */
const discordText = (text: string, most: number) =>
  cut(quiet(text), most)
    .split(bareLink)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replaceAll(/[\\*_~`|<>[\]()#]/g, (mark) => `\\${mark}`),
    )
    .join('');

function discord({ title, label, tone, words, facts, url, pageName, at }: Note) {
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: discordText(title, 120),
        url,
        description: `**${discordText(label, 80)}**\n${discordText(words, 1900)}`.trim(),
        color: colours[tone],
        fields: facts.map(({ name, value }) => ({
          name,
          value: discordText(value, 500),
          inline: true,
        })),
        footer: { text: cut(quiet(pageName), 200) },
        timestamp: at.toISOString(),
      },
    ],
  };
}

// Microsoft Teams

const cardColours: Record<Tone, string> = {
  bad: 'Attention',
  warn: 'Warning',
  info: 'Accent',
  good: 'Good',
  quiet: 'Default',
};

/** An Adaptive Card as Teams' workflows take it. Text runs know no Markdown, so nothing needs escaping. */
function teams({ title, label, tone, words, facts, url, pageName }: Note) {
  const run = (text: string, look: object = {}) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text: cut(quiet(text), 4000), ...look }],
  });
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: cut(quiet(`${label}: ${title}`), 300),
          body: [
            run(label, { color: cardColours[tone], weight: 'Bolder' }),
            run(title, { size: 'Large', weight: 'Bolder' }),
            ...lines.slice(0, 40).map((line) => run(line)),
            ...facts.map(({ name, value }) => run(`${name}: ${value}`, { isSubtle: true })),
            run(pageName, { size: 'Small', isSubtle: true }),
          ],
          actions: [{ type: 'Action.OpenUrl', title: 'Open the status page', url }],
        },
      },
    ],
  };
}
