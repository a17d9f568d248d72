// The MJML worker: one compile a document, a limit on time and depth, no files, no life of its own.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { packagePath } from '../../src/shared/paths.ts';
import { createMjmlCompiler } from '../../src/templates/compiler.ts';
import { onEnd } from '../support/kernel.ts';

const worker = packagePath('dist/templates/mjml-worker.js');
const mail = (words: string) =>
  `<mjml><mj-body><mj-section><mj-column><mj-text>${words}</mj-text></mj-column></mj-section></mj-body></mjml>`;

function compiler(limit = 2000) {
  const made = createMjmlCompiler(worker, limit);
  onEnd(() => void made.close());
  return made;
}

it('compiles a document once, however often it is asked for', async () => {
  const { compile, counts } = compiler();
  const [first, second, other] = await Promise.all([mail('a'), mail('a'), mail('b')].map(compile));
  expect(first).toEqual(second);
  expect(first).not.toEqual(other);
  await compile(mail('a'));
  expect(counts()).toEqual({ compiled: 2, stopped: 0 });
});

it('stops what takes too long, and goes on with the next document', async () => {
  const { compile, counts } = compiler(1500);
  const section = '<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>';
  const heavy = `<mjml><mj-body>${section.repeat(40_000)}</mj-body></mjml>`;
  const [slow, next] = await Promise.all([compile(heavy), compile(mail('next'))]);
  expect(slow).toEqual({ faults: [{ line: null, message: expect.stringContaining('too long') }] });
  expect(next).toMatchObject({ html: expect.stringContaining('next') });
  expect(counts().stopped).toBe(1);
});

it('survives a document that is nested thousands deep', async () => {
  const { compile } = compiler();
  const bomb = '<mj-wrapper>'.repeat(5000);
  expect(await compile(`<mjml><mj-body>${bomb}`)).toHaveProperty('faults');
  expect(await compile(mail('next'))).toHaveProperty('html');
});

it('reads no file and loads no font', async () => {
  const { compile } = compiler();
  const result = await compile(
    mail('<span style="font-family:Roboto">x</span>').replace(
      '<mj-text>',
      '<mj-include path="./package.json" type="html" /><mj-text font-family="Roboto">',
    ),
  );
  expect(JSON.stringify(result)).not.toMatch(/googleapis|drizzle-orm/);
});

it('says at which line a document is wrong', async () => {
  const { compile } = compiler();
  const result = await compile('<mjml><mj-body>\n\n<mj-text>x</mj-text></mj-body></mjml>');
  expect(result).toMatchObject({
    faults: [{ line: 3, message: expect.stringContaining('mj-text') }],
  });
});

it('does not keep a process alive', async () => {
  const script = `
    const { createMjmlCompiler } = await import(${JSON.stringify(packagePath('dist/templates/compiler.js'))});
    const { html } = await createMjmlCompiler(${JSON.stringify(worker)}, 2000).compile(${JSON.stringify(mail('x'))});
    process.stdout.write(String(html.length > 100));`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 15_000,
  });
  expect((await run).stdout).toBe('true');
});

it('reports a worker that cannot start', async () => {
  const made = createMjmlCompiler('/nowhere/worker.js', 1000);
  await expect(made.compile(mail('x'))).rejects.toThrow('did not start');
});
