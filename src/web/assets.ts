// The files of `views/assets`: listed and read once, served by name with their content's hash in the URL.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { packagePath } from '../shared/paths.ts';
import type { Context, Route } from './types.ts';

interface Asset {
  bytes: Buffer<ArrayBuffer>;
  type: string;
  version: string;
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** The URL of `views/assets/<name>`, to be kept by browsers for as long as the file stays as it is. */
export function assetUrl(name: string): string {
  const asset = assets().get(name);
  if (!asset) throw new Error(`There is no asset ${name}.`);
  return `/assets/${name}?v=${asset.version}`;
}

/** The content of `views/assets/<name>`. */
export function assetBytes(name: string): Buffer<ArrayBuffer> {
  const asset = assets().get(name);
  if (!asset) throw new Error(`There is no asset ${name}.`);
  return asset.bytes;
}

/** The text of `views/assets/<name>`, for setting it into a page. */
export const assetText = (name: string): string => assetBytes(name).toString('utf8');

export const assetRoutes: Route[] = [
  { method: 'GET', path: '/assets/:name', surface: 'public', needs: null, handle: sendAsset },
];

function sendAsset(c: Context): Response {
  const asset = assets().get(c.req.param('name') ?? '');
  if (!asset) throw new AppError('not_found', 'There is no such file.');
  const current = c.req.query('v') === asset.version;
  return c.body(asset.bytes, 200, {
    'Content-Type': asset.type,
    'Cache-Control': current ? 'public, max-age=31536000, immutable' : 'public, max-age=60',
  });
}

let listed: Map<string, Asset> | undefined;

const assets = () => (listed ??= readAssets(packagePath('views', 'assets')));

/** Plain files of known types only: no folders, no links, nothing hidden (T17). */
export function readAssets(folder: string): Map<string, Asset> {
  const found = new Map<string, Asset>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || entry.name.startsWith('.') || type === undefined) continue;
    const bytes = Buffer.from(readFileSync(join(folder, entry.name)));
    found.set(entry.name, { bytes, type, version: sha256(bytes).slice(0, 12) });
  }
  return found;
}
