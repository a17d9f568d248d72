// The public side as files: whole, the same as what the server answers, and never more than that.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { retract } from '../../src/incidents/service.ts';
import { exportSite } from '../../src/site-export/service.ts';
import { days } from '../../src/shared/clock.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, startProcess } from '../support/process.ts';
import { declareIncident, publicSite, sayMore } from '../support/public-fixtures.ts';

const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');

async function siteWithAPast() {
  const site = await publicSite();
  const { clock } = site.kernel;
  clock.set('2026-08-02T10:00:00.000Z');
  const old = await declareIncident(site.kernel, { title: 'Old trouble' });
  await sayMore(site.kernel, old.incidentPublicId, { state: 'resolved', body: 'Over.' });
  clock.set('2026-11-22T14:00:00.000Z');
  const open = await declareIncident(site.kernel);
  await declareIncident(site.kernel, { title: 'SECRET breach', visibility: 'private' });
  await site.snapshots.refresh();
  return { site, old: old.incidentPublicId, open: open.incidentPublicId };
}

async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !check(); tries += 1) await pause(100);
  expect(check()).toBe(true);
}

describe('the exported site', () => {
  it('is what the server answers, file by file, old incidents too', async () => {
    const { site, old, open } = await siteWithAPast();
    const folder = temporaryFolder();
    const { files } = await exportSite(site.kernel, folder);
    expect(files).toBeGreaterThan(20);
    for (const path of ['api/v2/summary.json', 'feed.rss', 'feed.atom', 'history.atom']) {
      expect(read(folder, path), path).toBe(await (await site.get(`/${path}`)).text());
    }
    expect(read(folder, 'index.html')).toContain('Payments failing');
    expect(read(folder, `incidents/${open}/index.html`)).toContain('Payments failing');
    expect(read(folder, `incidents/${old}/index.html`)).toContain('Old trouble');
    expect(read(folder, 'history/2026-08/index.html')).toContain('Old trouble');
    const component = site.snapshots.current().components[0]?.id ?? '';
    expect(existsSync(join(folder, `components/${component}/index.html`))).toBe(true);
    expect(existsSync(join(folder, 'assets/public.js'))).toBe(true);
  });

  it('sends forms to the server, and holds nothing private', async () => {
    const { site } = await siteWithAPast();
    const folder = temporaryFolder();
    await exportSite(site.kernel, folder);
    const forms = [...read(folder, 'subscribe/index.html').matchAll(/action="([^"]*)"/g)];
    expect(forms.length).toBeGreaterThan(0);
    for (const [, action] of forms) expect(action).toMatch(/^https:\/\/status\.example\.com\//);
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    for (const name of all) expect(read(folder, name), name).not.toContain('SECRET');
  });

  it('writes only what changed, removes what was withdrawn, and leaves other files alone', async () => {
    const { site, old } = await siteWithAPast();
    const folder = temporaryFolder();
    await exportSite(site.kernel, folder);
    writeFileSync(join(folder, 'CNAME'), 'status.example.com');
    expect((await exportSite(site.kernel, folder)).changed).toBe(0);

    site.kernel.clock.advance(days(0.01));
    await retract(site.kernel, systemActor, old, undefined);
    const { changed, files } = await exportSite(site.kernel, folder);
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(files);
    expect(existsSync(join(folder, `incidents/${old}/index.html`))).toBe(false);
    expect(read(folder, 'CNAME')).toBe('status.example.com');
  });

  it('is made by the command, and after every publish where SITE_EXPORT_DIR says so', async () => {
    const folder = temporaryFolder();
    const place = {
      dataDir: `${temporaryFolder()}/data`,
      port: await freePort(),
      environment: { SITE_EXPORT_DIR: folder },
    };
    const server = await startProcess(place);
    const index = join(folder, 'index.html');
    await until(() => existsSync(index));
    expect((await runCli(place, 'seed', '--incidents', '3')).code).toBe(0);
    const incidents = join(folder, 'incidents');
    await until(() => existsSync(incidents) && readdirSync(incidents).length >= 3);
    await server.end('SIGTERM');

    const other = temporaryFolder();
    const { code, stdout } = await runCli(place, 'export', 'site', other);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ files: expect.any(Number) as number });
    expect(existsSync(join(other, 'index.html'))).toBe(true);
  }, 90_000);
});
