// The form for checking a domain: what may be typed, and what it is filled with. Pure.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { line, optionalLine, parse } from '../shared/form.ts';
import type { DomainSubject } from './types.ts';

const domainPattern = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}$/;
const notADomain = 'Please enter a domain, like example.com.';
const mostAddresses = 10;

const toDomain = (text: string) => domainToASCII(text.replace(/\.$/, '')).toLowerCase();

const domainForm = z.object({
  domain: line(253, notADomain)
    .transform(toDomain)
    .refine((text) => domainPattern.test(text), notADomain),
  bounceDomain: optionalLine(253)
    .transform((text) => (text === '' ? '' : toDomain(text)))
    .refine((text) => text === '' || domainPattern.test(text), notADomain),
  selector: optionalLine(63).refine(
    (text) => text === '' || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(text),
    'Please enter the selector alone, like 2026a.',
  ),
  addresses: optionalLine(500)
    .transform((text) => text.split(/[\s,;]+/).filter((one) => one !== ''))
    .refine((all) => all.every((one) => isIP(one) > 0), 'Please enter IP addresses only.')
    .refine((all) => all.length <= mostAddresses, `Please enter at most ${mostAddresses}.`),
});

export type TypedDomain = Pick<
  DomainSubject,
  'domain' | 'bounceDomain' | 'relaySelector' | 'sendingAddresses'
>;

export function readDomainForm(raw: unknown): TypedDomain {
  const { domain, bounceDomain, selector, addresses } = parse(domainForm, raw);
  return {
    domain,
    bounceDomain: bounceDomain === '' ? domain : bounceDomain,
    relaySelector: selector.toLowerCase(),
    sendingAddresses: addresses,
  };
}

/** What the form begins with: the configuration's own. */
export function domainDefaults({ mailFrom, bounceDomain }: Config) {
  const own = mailFrom.address.split('@')[1] ?? '';
  const domain = domainPattern.test(own) ? own : '';
  return { domain, bounceDomain: bounceDomain ?? domain, selector: '', addresses: '' };
}
