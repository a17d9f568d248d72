// A message on its way into nodemailer's connection, and whether any of it has left.
import { Readable, type Transform } from 'node:stream';
import type { OutgoingMail } from './types.ts';

export interface MessageStream {
  stream: Readable;
  /** What breaks looks the same before and after the first byte was taken; this tells them apart (T8). */
  wasTaken: () => boolean;
}

export function messageStream({ raw, wire }: Pick<OutgoingMail, 'raw' | 'wire'>): MessageStream {
  return wire === undefined ? searched(raw) : asItIs(wire);
}

/** nodemailer reads it, stuffs dots and mends line ends. */
function searched(raw: Buffer): MessageStream {
  const stream = new Readable({
    read() {
      this.push(raw);
      this.push(null);
    },
  });
  return { stream, wasTaken: () => stream.readableDidRead };
}

/** What nodemailer pipes a message into: it stuffs dots, ends the message, and is piped into the socket. */
type Stuffing = Transform & { inByteCount: number; outByteCount: number };

/** What a stream does before it ends, as Node calls it. */
const flush = '_flush';

/**
 * Known to hold nothing that needs stuffing or mending, and its end as well: it passes the search untouched,
 * and leaves in one piece.
 */
function asItIs(wire: Buffer): MessageStream {
  const stream = new Readable({ read() {} });
  let isTaken = false;
  stream.pipe = (target) => {
    isTaken = true;
    const stuffing = target as unknown as Stuffing;
    if (typeof stuffing.outByteCount !== 'number' || typeof stuffing[flush] !== 'function') {
      throw new Error('nodemailer takes messages in another way than it did.');
    }
    stuffing.inByteCount = wire.length;
    stuffing.outByteCount = wire.length;
    // Nothing is written into it, so it must not think that it ends an empty message.
    stuffing[flush] = (done) => done();
    stuffing.push(wire);
    stuffing.end();
    return target;
  };
  return { stream, wasTaken: () => isTaken };
}
