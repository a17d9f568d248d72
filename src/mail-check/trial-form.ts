// The form for trying a relay: what may be typed, and when the saved password still counts. Pure.
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Relay } from '../config/relays.ts';
import { invalid } from '../shared/errors.ts';
import { address, line, optionalLine, parse, wholeNumber } from '../shared/form.ts';
import { isSingleLine } from '../shared/text.ts';
import type { Trial, TriedRelay } from './types.ts';

const securities = ['required', 'offered', 'tls', 'never'] as const;
export type Security = (typeof securities)[number];

export const securityOf = ({ isSecure, startTls }: TriedRelay): Security =>
  isSecure ? 'tls' : startTls;

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*$/i;
const isHost = (text: string) => isIP(text) > 0 || hostName.test(text);

const trialForm = z.object({
  host: line(253, 'Please enter the relay’s host name.')
    .transform((text) => text.replace(/^\[(.*)\]$/, '$1').toLowerCase())
    .refine(isHost, 'Please enter a host name or an IP address, without smtp:// and port.'),
  port: wholeNumber(1, 65_535),
  security: z.enum(securities, { error: 'Please choose one.' }),
  anyCertificate: z.enum(['', 'on']).default(''),
  user: optionalLine(320),
  password: z
    .string()
    .max(1024, 'Please use at most 1024 characters.')
    .refine(isSingleLine, 'Please keep this on one line.')
    .default(''),
  from: address(),
  to: address(),
  upTo: z.enum(['recipient', 'message'], { error: 'Please choose one.' }),
});

/** A trial as typed. `saved` is the relay that the form was filled from, whose password an empty field keeps (S-52). */
export function readTrial(raw: unknown, saved: Relay | undefined): Omit<Trial, 'message'> {
  const typed = parse(trialForm, raw);
  const { security } = typed;
  const relay: TriedRelay = {
    host: typed.host,
    port: typed.port,
    ehlo: saved?.ehlo,
    isSecure: security === 'tls',
    startTls: security === 'tls' ? 'offered' : security,
    checksCertificate: typed.anyCertificate === '',
    user: typed.user === '' ? undefined : typed.user,
    password: typed.password === '' ? undefined : typed.password,
  };
  const password = relay.user === undefined ? undefined : passwordFor(relay, saved);
  return {
    relay: { ...relay, password },
    upTo: typed.upTo,
    from: typed.from.email,
    to: typed.to.email,
  };
}

function passwordFor(typed: TriedRelay, saved: Relay | undefined): string | undefined {
  if (typed.password !== undefined || saved?.password === undefined) return typed.password;
  if (keepsPassword(typed, saved)) return saved.password;
  throw invalid(
    'password',
    'The saved password goes to no other host, port or user, and over no weaker line. Please type the password for this one.',
  );
}

const strength: Record<Security, number> = { never: 0, offered: 1, required: 2, tls: 2 };

/** The saved password is only told to whom it is for, no less protected than by the saved settings. */
const keepsPassword = (typed: TriedRelay, saved: Relay): boolean =>
  typed.host === saved.host.toLowerCase() &&
  typed.port === saved.port &&
  typed.user === saved.user &&
  strength[securityOf(typed)] >= strength[securityOf(saved)] &&
  (typed.checksCertificate || !saved.checksCertificate);

const passwordPlaceholder = 'PASSWORD';

/** The lines for the environment that say what was tried; the password is left to be filled in. */
export function environmentLines(
  { relay, from }: Omit<Trial, 'message'>,
  presentFrom: string,
): string[] {
  const { host, port, user, ehlo } = relay;
  const security = securityOf(relay);
  const options = new URLSearchParams({
    ...(security === 'required' && { requireTLS: 'true' }),
    ...(security === 'never' && { ignoreTLS: 'true' }),
    ...(!relay.checksCertificate && { 'tls.rejectUnauthorized': 'false' }),
    ...(ehlo !== undefined && { name: ehlo }),
  }).toString();
  const login = user === undefined ? '' : `${encodeURIComponent(user)}:${passwordPlaceholder}@`;
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const scheme = relay.isSecure ? 'smtps' : 'smtp';
  return [
    `SMTP_URL=${scheme}://${login}${place}${options === '' ? '' : `/?${options}`}`,
    ...(from === presentFrom ? [] : [`MAIL_FROM=${from}`]),
  ];
}
