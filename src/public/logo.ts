// The page's logo as a public document: its path carries its hash, so that whoever has it asks no more.
import { readLogo } from '../settings/logo.ts';
import type { RareDocuments } from './types.ts';

const folder = '/logo/';

export const logoDocument: RareDocuments = {
  path: `${folder}:name`,
  async make(reader, { page }, name) {
    if (page.logo?.path !== folder + name) return undefined;
    const logo = await readLogo(reader);
    if (logo?.path !== page.logo.path) return undefined;
    return {
      body: logo.bytes,
      contentType: logo.contentType,
      headers: {
        'Cache-Control': 'public, max-age=31536000, immutable',
        'Content-Disposition': 'inline',
        // Opened by itself it is a picture and nothing else, whatever its bytes hold (S-39).
        'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      },
    };
  },
  warm: ({ page }) => (page.logo ? [page.logo.path.slice(folder.length)] : []),
};
