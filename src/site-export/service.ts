// Writes the whole public side as files that any web server can serve.
import type { Kernel } from '../db/kernel.ts';
import { createSnapshotSource } from '../status/service.ts';
import { assetBytes } from '../web/assets.ts';
import { type Mirror, openMirror } from './files.ts';
import { everyPage } from './pages.ts';

export interface Exported {
  files: number;
  /** Written anew or removed. */
  changed: number;
}

/** Brings `folder` to what the public side shows now. Other files in it are left alone. */
export async function exportSite(kernel: Kernel, folder: string): Promise<Exported> {
  const source = await createSnapshotSource(kernel);
  try {
    const mirror = await openMirror(folder);
    const assets = new Set<string>();
    for await (const { path, document } of everyPage(kernel.db.read, source.current())) {
      const body = settled(document.body, kernel.publicUrl, assets);
      await mirror.put(fileOf(path, document.contentType), body);
    }
    await putAssets(mirror, assets);
    return await mirror.finish();
  } finally {
    source.stop();
  }
}

/** Forms and personal pages need a server that thinks: they lead to ours. Notes which assets are named. */
function settled(body: string | Buffer, publicUrl: string, assets: Set<string>): Buffer {
  if (typeof body !== 'string') return body;
  for (const [, name] of body.matchAll(/\/assets\/([\w.-]+)\?v=/g)) if (name) assets.add(name);
  return Buffer.from(
    body.replaceAll(/ action="\/| href="\/(?=subscriptions)/g, (found) =>
      found.replace('/', `${publicUrl}/`),
    ),
  );
}

async function putAssets(mirror: Mirror, names: Set<string>): Promise<void> {
  for (const name of names) await mirror.put(`assets/${name}`, assetBytes(name));
}

/** Web servers look for `index.html` in a folder: pages without an ending become one. */
function fileOf(path: string, contentType: string): string {
  const name = path.slice(1);
  if (!contentType.startsWith('text/html')) return name;
  return name === '' ? 'index.html' : `${name}/index.html`;
}
