// Who may sign in, and what a signed-in person is to the rest of the house.
import { z } from 'zod';
import { address, line } from '../shared/form.ts';
import { type Role, roles } from '../shared/words.ts';

export interface Account {
  id: number;
  email: string;
  name: string;
  role: Role;
  disabledAt: Date | null;
  createdAt: Date;
  version: number;
}

/** The person behind a session, read anew for every request (S-24). */
export interface SignedIn {
  id: number;
  email: string;
  name: string;
  role: Role;
}

export interface ApiToken {
  id: number;
  name: string;
  role: Role;
  createdAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

const role = z.enum(roles, { error: 'Please choose a role.' });
const name = line(80, 'Please enter a name.');
/** What makes a password acceptable is told by `passwords.ts`; here it only has to be a text. */
const password = z.string({ error: 'Please enter a password.' });

export const accountForm = z.object({ email: address(), name, role, password });
export const accountChange = z.object({ name, role, disabled: z.boolean() });
export const setupForm = z.object({ email: address(), name, password });
export const tokenForm = z.object({ name, role });

/** As a form sends it: every verb reads its input against the schema first. */
type Raw<T extends z.ZodType> = Record<keyof z.input<T>, unknown>;

export type AccountInput = Raw<typeof accountForm>;
export type AccountChange = Raw<typeof accountChange>;
export type SetupInput = Raw<typeof setupForm>;
export type TokenInput = Raw<typeof tokenForm>;
