// A process of its own that draws one card: what it shows comes in as JSON, the PNG goes out. Its memory,
// more than the whole server needs, is gone with it.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { CardFacts } from './card.ts';
import { drawCard } from './card-image.ts';

const facts = JSON.parse(await text(process.stdin)) as CardFacts;
const png = await drawCard(facts);
if (!process.stdout.write(png)) await once(process.stdout, 'drain');
