// The name of a delivery as the outside sees it: in the Message-ID and in the envelope sender, so that what
// comes back can be told to be ours and whose it is. Nothing to look up, and nothing to learn from it.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { type RecipientKind, recipientKinds } from '../shared/words.ts';

export interface DeliveryKey {
  notificationId: number;
  recipientKind: RecipientKind;
  recipientId: number;
}

/** 26 letters and digits, case told apart nowhere: some mail systems change it. */
export interface DeliveryMarks {
  write(key: DeliveryKey): string;
  /** The delivery that a mark of ours names; undefined for anything else. */
  read(mark: string): DeliveryKey | undefined;
}

const algorithm = 'aes-256-ecb';
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * One AES block holds the three numbers and 56 zero bits: who does not know the key cannot make one that
 * decrypts to zeros, and equal numbers make equal marks, so that a retry repeats them.
 */
export function deliveryMarks(secretKey: string): DeliveryMarks {
  const key = createHash('sha256').update(`delivery mark\n${secretKey}`).digest();
  const cipher = createCipheriv(algorithm, key, null).setAutoPadding(false);
  const decipher = createDecipheriv(algorithm, key, null).setAutoPadding(false);
  return {
    write({ notificationId, recipientKind, recipientId }) {
      const block = Buffer.alloc(16);
      block.writeUInt32BE(notificationId, 0);
      block.writeUInt32BE(recipientId, 4);
      block[8] = recipientKinds.indexOf(recipientKind);
      return spell(cipher.update(block));
    },
    read(mark) {
      const sealed = unspell(mark.toLowerCase());
      if (!sealed) return undefined;
      const block = decipher.update(sealed);
      if (block.subarray(9).some((byte) => byte !== 0)) return undefined;
      const recipientKind = recipientKinds[block[8] ?? -1];
      if (recipientKind === undefined) return undefined;
      return {
        notificationId: block.readUInt32BE(0),
        recipientKind,
        recipientId: block.readUInt32BE(4),
      };
    },
  };
}

/** RFC 4648 base32, without padding. */
function spell(bytes: Buffer): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return text + alphabet[(held << (5 - bits)) & 31];
}

function unspell(text: string): Buffer | undefined {
  if (!/^[a-z2-7]{26}$/.test(text)) return undefined;
  const bytes = Buffer.alloc(16);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    held = (held << 5) | alphabet.indexOf(letter);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = held >>> bits;
    at += 1;
    held &= (1 << bits) - 1;
  }
  // The two bits left over say nothing: only one spelling is ours.
  return held === 0 ? bytes : undefined;
}
