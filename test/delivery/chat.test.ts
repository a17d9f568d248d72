// S-37: what people write reaches chats as text: no mention, no masked link, no formatting that hides anything.
import { describe, expect, it } from 'vitest';
import { chatBodies, type Note } from '../../src/delivery/chat.ts';

const note = (words: string, title = 'Payments failing'): Note => ({
  title,
  label: 'Identified',
  tone: 'warn',
  words,
  facts: [{ name: 'Affected', value: words }],
  url: 'https://status.example.com/incidents/p31zjtct2jer',
  pageName: 'Acme',
  at: new Date('2026-11-22T14:00:00Z'),
});

const attacks = [
  '<!channel> <!here|x> <@U123> <#C123> <!subteam^S1>',
  '@everyone @here @channel @Everyone',
  '<https://evil.example|https://bank.example>',
  '[https://bank.example](https://evil.example)',
  '[x]( <https://evil.example> )',
  '<@&123> <@!1> <#9> <a:b:1> </cmd:1>',
  '<at>Everybody</at>',
  '*_~`||spoiler||`~_*\n> quote\n# big',
];

describe('in every chat', () => {
  it.each(attacks)('%s mentions nobody and hides no link', (words) => {
    const { slack, discord, teams } = chatBodies(note(words, words.split('\n')[0]));
    for (const body of [slack, discord, teams]) {
      expect(JSON.stringify(body)).not.toMatch(/@(everyone|here|channel)/i);
      expect(JSON.stringify(body)).not.toMatch(/<[!@#/a-z]/i);
    }
    const marked = slack.blocks
      .flatMap((block) => ('elements' in block ? block.elements : [block.text]))
      .filter((text) => text?.type === 'mrkdwn')
      .map((text) => text?.text ?? '');
    for (const text of [slack.text, ...marked]) expect(text).not.toMatch(/[<>]/);
    const [embed] = discord.embeds;
    expect(discord.allowed_mentions).toEqual({ parse: [] });
    for (const text of [embed?.title, embed?.description, embed?.fields[0]?.value]) {
      expect(text?.replaceAll(/\\[^]/g, '')).not.toMatch(/[<>[\]`|#]/);
    }
    const kinds = [...JSON.stringify(teams).matchAll(/"type":"([\w.]+)"/g)].map(
      (match) => match[1],
    );
    expect(new Set(kinds)).toEqual(
      new Set(['message', 'AdaptiveCard', 'RichTextBlock', 'TextRun', 'Action.OpenUrl']),
    );
    expect(JSON.stringify(teams)).not.toContain('"msteams"');
  });

  it('plain addresses stay whole', () => {
    const { discord } = chatBodies(note('See https://a.example/x_y_z?q=1 (now).'));
    expect(discord.embeds[0]?.description).toBe(
      '**Identified**\nSee https://a.example/x_y_z?q=1 \\(now\\).',
    );
  });

  it('stays within what they take', () => {
    const { slack, discord, teams } = chatBodies(note('<'.repeat(9000), '*'.repeat(400)));
    expect(slack.text.length).toBeLessThan(3000);
    for (const block of slack.blocks) {
      if ('text' in block) expect(block.text?.text.length).toBeLessThanOrEqual(3000);
    }
    const [embed] = discord.embeds;
    expect(embed?.title.length).toBeLessThanOrEqual(256);
    expect(embed?.description.length).toBeLessThanOrEqual(4096);
    expect(embed?.fields[0]?.value.length).toBeLessThanOrEqual(1024);
    expect(JSON.stringify(teams).length).toBeLessThan(28_000);
  });
});
