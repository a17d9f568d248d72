// What an uploaded picture is, told from its bytes.
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { readPicture } from '../../src/settings/image.ts';
import { animatedPng, jpeg, png, webpExtended, webpLossless, webpLossy } from './pictures.ts';

describe('a picture', () => {
  it.each([
    ['PNG', png(320, 80), 'image/png', false],
    ['animated PNG', animatedPng(320, 80), 'image/png', true],
    ['JPEG', jpeg(320, 80), 'image/jpeg', false],
    ['lossy WebP', webpLossy(320, 80), 'image/webp', false],
    ['lossless WebP', webpLossless(320, 80), 'image/webp', false],
    ['extended WebP', webpExtended(320, 80), 'image/webp', false],
    ['animated WebP', webpExtended(320, 80, true), 'image/webp', true],
  ])('%s is known by its bytes, with its size', (_, bytes, contentType, isAnimated) => {
    expect(readPicture(bytes)).toEqual({ contentType, width: 320, height: 80, isAnimated });
  });

  it('may be as large as its header can say', () => {
    expect(readPicture(webpLossless(16384, 16384))).toMatchObject({ width: 16384, height: 16384 });
    expect(readPicture(webpLossy(16383, 1))).toMatchObject({ width: 16383, height: 1 });
    expect(readPicture(png(0xffffffff, 1))?.width).toBe(0xffffffff);
  });

  it.each([
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')],
    ['GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;'.padEnd(64))],
    ['HTML', Buffer.from('<!doctype html><p>hello</p>'.padEnd(64))],
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(64)],
    ['a PNG cut short', png(320, 80).subarray(0, 20)],
    ['a JPEG without a frame', Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
    ['a JPEG whose segments lead nowhere', Buffer.from('ffd8ffe0ffff0000000000', 'hex')],
    ['a JPEG of empty segments', Buffer.from(`ffd8${'ffe00000'.repeat(20)}`, 'hex')],
    ['a WebP of an unknown kind', Buffer.from('RIFF\x00\x00\x00\x00WEBPVP9 '.padEnd(40))],
  ])('%s is none', (_, bytes) => expect(readPicture(bytes)).toBeUndefined());
});
