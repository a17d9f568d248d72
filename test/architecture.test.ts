// The house rules that a machine can hold. A failure says which rule and why it is there.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** Imports may only point to an earlier rank. Rooms on one rank do not import each other. */
const ranks: string[][] = [
  ['shared'],
  ['config', 'secret-key'],
  ['db'],
  ['events'],
  ['settings'],
  ['notifications'],
  ['components', 'subscribers', 'templates', 'accounts', 'webhooks'],
  ['incidents', 'maintenance'],
  ['cadence', 'returns'],
  ['status', 'delivery'],
  ['mail-check'],
  ['web'],
  ['public', 'api', 'admin'],
  ['house', 'backup', 'health', 'record-head', 'site-export'],
  ['pulse', 'announcer', 'front', 'mail-room'],
  ['sender-process'],
  ['post-office', 'app', 'seed', 'importer'],
  ['run'],
  ['main', 'cli'],
];

function filesBelow(folder: string, endings: string[]): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name));
}

const files = filesBelow(source, ['.ts']).map((path) => ({
  path: relative(source, path),
  text: readFileSync(path, 'utf8'),
}));

/** The top-level room of a path inside src: `incidents/store.ts` → `incidents`, `app.ts` → `app`. */
const roomOf = (path: string) => (path.split('/')[0] ?? '').replace(/\.ts$/, '');
const rankOf = (room: string) => ranks.findIndex((rooms) => rooms.includes(room));

const importPattern =
  /(?:import|export)\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm;

const imports = files.flatMap(({ path, text }) =>
  [...text.matchAll(importPattern)].map((match) => ({
    from: path,
    to: match[1] ?? match[2] ?? match[3] ?? '',
  })),
);

const inner = imports
  .filter(({ to }) => to.startsWith('.'))
  .map(({ from, to }) => ({
    from,
    to: relative(source, resolve(source, dirname(from), to)),
  }));

/** Lines of files that match, as `file:line text`, for messages worth reading. */
function offences(pattern: RegExp, allowed: (path: string) => boolean = () => false): string[] {
  return files
    .filter(({ path }) => !allowed(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({
          line: line.replace(/\/\/.*$/, ''),
          place: `${path}:${index + 1}`,
        }))
        .filter(({ line }) => pattern.test(line))
        .map(({ line, place }) => `${place} ${line.trim()}`),
    );
}

describe('imports', () => {
  it('finds imports at all', () => expect(inner.length).toBeGreaterThan(50));

  it('every room has a rank', () => {
    const rooms = [...new Set(files.map(({ path }) => roomOf(path)))];
    expect(rooms.filter((room) => rankOf(room) < 0)).toEqual([]);
  });

  it('point only left along the ranks', () => {
    const wrong = inner.filter(({ from, to }) => {
      const [mine, theirs] = [roomOf(from), roomOf(to)];
      return mine !== theirs && rankOf(theirs) >= rankOf(mine);
    });
    expect(wrong).toEqual([]);
  });

  it('public and api reach data through services, never a store or SQL', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        /^(public|api)\//.test(from) && /store\.ts$|drizzle|better-sqlite3|db\/schema/.test(to),
    );
    expect(wrong).toEqual([]);
  });

  it('rules are pure: no database, no file, no network', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        /(^|\/)rules\.ts$/.test(from) &&
        /\/db\/|drizzle|better-sqlite3|node:(fs|net|http)|store\.ts|service\.ts/.test(to),
    );
    expect(wrong).toEqual([]);
  });

  it('SQL lives in stores and in db, notifications/outbox and settings', () => {
    const allowed = /(store|outbox)\.ts$|^db\/|^settings\/service\.ts$|^(backup|health)\.ts$/;
    const wrong = imports.filter(
      ({ from, to }) => to.startsWith('drizzle-orm') && !allowed.test(from),
    );
    expect(wrong.map(({ from }) => from)).toEqual([]);
  });

  it('mjml is imported only in its worker: it costs 600 ms and blocks the loop', () => {
    expect(imports.filter(({ to }) => to === 'mjml').map(({ from }) => from)).toEqual([
      'templates/mjml-worker.ts',
    ]);
  });

  it('the page is served before what checks forms, routes or sends is loaded', () => {
    const reached = new Set<string>();
    const waiting = ['front.ts', 'house.ts', 'config.ts'];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const text = files.find((file) => file.path === path)?.text ?? '';
      for (const [, to = ''] of text.matchAll(
        /^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm,
      )) {
        const next = to.startsWith('.') ? relative(source, resolve(source, dirname(path), to)) : to;
        if (!reached.has(next) && next.endsWith('.ts')) waiting.push(next);
        reached.add(next);
      }
    }
    expect(reached.size).toBeGreaterThan(50);
    const late = /^(zod|hono|@hono\/.*|nodemailer.*|mjml|imapflow|node-pop3|satori)$/;
    expect([...reached].filter((name) => late.test(name))).toEqual([]);
  });

  it('nodemailer is imported only where mail is sent, or a relay is tried', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        to.startsWith('nodemailer') && !['delivery', 'mail-check'].includes(roomOf(from)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('bans', () => {
  it('time comes from the clock', () => {
    const pattern = /Date\.now\(|new Date\(\)|performance\.now\(|Math\.random\(/;
    expect(offences(pattern, (path) => path === 'shared/clock.ts')).toEqual([]);
  });

  it("no transaction but db/tx's: the driver's commits before an async callback ends (T2)", () => {
    expect(offences(/\.transaction\(/)).toEqual([]);
  });

  it('no timer over 60 s: long ones fire at once or drift (T11)', () => {
    const long = files.flatMap(({ path, text }) =>
      [...text.matchAll(/set(?:Timeout|Interval)\([^;]*?,\s*(?:minutes|hours|days)\((\d+)\)/g)]
        .filter((match) => !match[0].includes('minutes(1)'))
        .map((match) => `${path} ${match[0]}`),
    );
    expect(long).toEqual([]);
  });

  it('secrets are not compared with === (S-76)', () => {
    expect(
      offences(
        /\b\w*(?:token|secret|password|csrf|hmac|signature)\w*\s*[!=]==\s*(?!undefined|null|'')[\w.]/i,
      ),
    ).toEqual([]);
  });

  it('no raw SQL text but constants: sql.raw and sql.identifier stay in db (S-50)', () => {
    expect(offences(/sql\.(raw|identifier)\(/, (path) => path.startsWith('db/'))).toEqual([]);
  });

  it('nothing evaluates text as code', () => {
    expect(offences(/\beval\(|new Function\(|renderString\(/)).toEqual([]);
  });
});

describe('views', () => {
  const views = filesBelow(join(root, 'views'), ['.eta']).map((path) => ({
    path: relative(root, path),
    text: readFileSync(path, 'utf8'),
  }));

  /** Every place that prints unescaped, and why it may. */
  const rawOutput: Record<string, string[]> = {
    // Markdown through the one sanitising renderer.
    'views/admin/parts/composer.eta': ['update.html'],
    'views/admin/parts/maintenance-preview.eta': ['it.preview.html'],
    'views/admin/parts/maintenance-timeline.eta': ['entry.html'],
    'views/admin/parts/timeline.eta': ['entry.html', 'revision.html'],
    'views/public/parts/timeline.eta': ['update.html'],
    // Our own drawings and style sheets, from files.
    'views/admin/parts/icon.eta': ["paths[it.name] ?? ''"],
    'views/embed/frame.eta': ['it.style'],
    'views/error.eta': ['it.style'],
    // The operator's own words below the page pass the Markdown renderer too.
    'views/public/layout.eta': ['it.style', 'it.page.footer'],
  };

  it('print raw HTML only where the list says so', () => {
    const found = Object.fromEntries(
      views
        .map(
          ({ path, text }) =>
            [path, [...text.matchAll(/<%~\s*([\s\S]*?)\s*-?%>/g)].map((m) => m[1] ?? '')] as const,
        )
        .map(
          ([path, prints]) =>
            [path, prints.filter((print) => !/^(include|it\.body$)/.test(print))] as const,
        )
        .filter(([, prints]) => prints.length > 0),
    );
    expect(found).toEqual(rawOutput);
  });

  it('have no inline handlers, styles or script', () => {
    const wrong = views.flatMap(({ path, text }) =>
      [...text.matchAll(/\s(?:on[a-z]+|style)=["']|<script(?![^>]*\ssrc=)[^>]*>/g)].map(
        (m) => `${path} ${m[0].trim()}`,
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('make no dates of their own', () => {
    expect(
      views.filter(({ text }) => /new Date|Date\.now/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('migrations', () => {
  it('rebuild or drop no table without a test that counts rows (T1)', () => {
    const folder = join(root, 'drizzle', 'sqlite');
    const risky = filesBelow(folder, ['.sql']).filter((path) =>
      /DROP TABLE|__new_/i.test(readFileSync(path, 'utf8')),
    );
    // Each is applied to a filled database in db/migrate.test.ts.
    expect(risky.map((path) => relative(folder, path))).toEqual(['0003_public_side.sql']);
  });
});
