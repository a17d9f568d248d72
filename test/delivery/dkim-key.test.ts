// Which keys sign, which are refused, and what is said about the record that receivers look for.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openDkim } from '../../src/delivery/dkim.ts';
import { findPublication, publicRecord, readDkimKey } from '../../src/delivery/dkim-key.ts';
import { type Log, silentLog } from '../../src/shared/log.ts';
import { temporaryFolder } from '../support/kernel.ts';

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const rsa = (modulusLength: number) =>
  pem(generateKeyPairSync('rsa', { modulusLength }).privateKey);
const ed25519 = () => pem(generateKeyPairSync('ed25519').privateKey);
const good = rsa(2048);

describe('a key', () => {
  it.each([
    ['RSA with 2,048 bits', good, 'rsa-sha256', undefined],
    ['RSA with 1,024 bits', rsa(1024), 'rsa-sha256', /1024 bits/],
    ['Ed25519', ed25519(), 'ed25519-sha256', /Ed25519/],
  ])('signs: %s', (_, text, algorithm, advice) => {
    const key = readDkimKey(text);
    expect(key.algorithm).toBe(algorithm);
    expect(key.advice ?? '').toMatch(advice ?? /^$/);
  });

  it('may be in the older PEM of RSA', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const text = privateKey.export({ type: 'pkcs1', format: 'pem' });
    expect(readDkimKey(text).algorithm).toBe('rsa-sha256');
  });

  it.each([
    ['RSA with 768 bits', rsa(768), '768 bits'],
    ['RSA-PSS', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey), 'rsa-pss'],
    ['elliptic', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), 'kind ec'],
    ['Ed448', pem(generateKeyPairSync('ed448').privateKey), 'ed448'],
    [
      'with a passphrase',
      generateKeyPairSync('ed25519')
        .privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'secret',
        })
        .toString(),
      'passphrase',
    ],
    [
      'the public half',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'no private key',
    ],
    ['cut short', good.slice(0, 400), 'no private key'],
    ['empty', '', 'no private key'],
  ])('is refused: %s', (_, text, fault) => {
    expect(() => readDkimKey(text)).toThrow(
      expect.objectContaining({ code: 'invalid', message: expect.stringContaining(fault) }),
    );
  });

  it('has a record of the shape that RFC 6376 and RFC 8463 give', () => {
    // The key and the record of RFC 8463, appendix A.2.
    const seed = Buffer.from('nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=', 'base64');
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const text = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    expect(publicRecord(readDkimKey(text))).toBe(
      'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    );
    expect(publicRecord(readDkimKey(good))).toMatch(/^v=DKIM1; k=rsa; p=MII[A-Za-z0-9+/]+={0,2}$/);
  });
});

const failing = (code: string) => () => Promise.reject(Object.assign(new Error('x'), { code }));
const answering = (records: string[][]) => () => Promise.resolve(records);

describe('what DNS says', () => {
  const key = readDkimKey(good);
  const record = publicRecord(key);
  const half = Math.floor(record.length / 2);

  it.each([
    ['published', answering([[record]])],
    ['published', answering([[record.slice(0, half), record.slice(half)]])],
    ['published', answering([[record.replace('k=rsa; ', '').replaceAll('; ', ' ;\t')]])],
    ['published', answering([['v=spf1 -all'], [record]])],
    ['different', answering([[publicRecord(readDkimKey(rsa(2048)))]])],
    ['different', answering([['v=DKIM1; p=']])],
    ['different', answering([[record], [publicRecord(readDkimKey(ed25519()))]])],
    ['missing', answering([['something else']])],
    ['missing', answering([])],
    ['missing', failing('ENOTFOUND')],
    ['missing', failing('ENODATA')],
    ['unknown', failing('ETIMEOUT')],
    ['unknown', failing('ESERVFAIL')],
  ])('is %s', async (publication, resolveTxt) => {
    expect(await findPublication(key, 's1._domainkey.acme.test', resolveTxt)).toBe(publication);
  });
});

function listen() {
  const lines: { level: string; text: string }[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, text: `${message} ${JSON.stringify(fields)}` });
  const log: Log = { ...silentLog, info: note('info'), warn: note('warn'), error: note('error') };
  return { log, lines };
}

function configFor(text: string) {
  const keyFile = join(temporaryFolder(), 'dkim.pem');
  writeFileSync(keyFile, text);
  return { domain: 'acme.test', selector: 's1', keyFile };
}

const never = () => new Promise<string[][]>(() => {});

describe('at the start', () => {
  it('signs nothing where nothing is set', async () => {
    const surroundings = { log: silentLog, resolveTxt: () => Promise.reject(new Error('asked')) };
    expect(await openDkim(undefined, surroundings)).toBeUndefined();
  });

  it('asks for the record by its name, and is content with the right one', async () => {
    const { log, lines } = listen();
    const asked: string[] = [];
    const resolveTxt = (name: string) => {
      asked.push(name);
      return Promise.resolve([[publicRecord(readDkimKey(good))]]);
    };
    expect(await openDkim(configFor(good), { log, resolveTxt })).toBeTypeOf('function');
    await setImmediate();
    expect(asked).toEqual(['s1._domainkey.acme.test']);
    expect(lines.map(({ level }) => level)).toEqual(['info']);
  });

  it.each([
    ['missing', () => Promise.resolve([]), 'not published'],
    ['of another key', () => Promise.resolve([['v=DKIM1; p=AAAA']]), 'another key'],
    ['not to be had', () => Promise.reject(new Error('timeout')), 'did not answer'],
  ])(
    'starts, and warns with the record to publish, where it is %s',
    async (_, resolveTxt, said) => {
      const { log, lines } = listen();
      expect(await openDkim(configFor(good), { log, resolveTxt })).toBeTypeOf('function');
      await setImmediate();
      expect(lines.map(({ level }) => level)).toEqual(['warn']);
      expect(lines[0]?.text).toContain(said);
      expect(lines[0]?.text).toContain(publicRecord(readDkimKey(good)));
      expect(lines[0]?.text).not.toContain(good.split('\n')[1]);
    },
  );

  it('does not wait for DNS', async () => {
    const surroundings = { log: silentLog, resolveTxt: never };
    expect(await openDkim(configFor(good), surroundings)).toBeTypeOf('function');
  });

  it('refuses to start without a readable key, or with one that does not sign', async () => {
    const surroundings = { log: silentLog, resolveTxt: () => Promise.resolve([]) };
    const gone = { domain: 'acme.test', selector: 's1', keyFile: '/nowhere/dkim.pem' };
    await expect(openDkim(gone, surroundings)).rejects.toThrow('/nowhere/dkim.pem cannot be read');
    await expect(openDkim(configFor('garbage'), surroundings)).rejects.toThrow('DKIM_KEY_FILE');
  });
});
