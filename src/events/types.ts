// Who did what. An event is a fact that has happened; it holds ids, never addresses or secrets.

export const actorKinds = ['account', 'token', 'subscriber', 'visitor', 'system'] as const;

/** Who acts, and from where. Passed to every verb that changes something. */
export interface Actor {
  kind: (typeof actorKinds)[number];
  id: number | null;
  ip: string | null;
  requestId: string | null;
}

export const systemActor: Actor = { kind: 'system', id: null, ip: null, requestId: null };

export interface NewEvent {
  /** `noun.verb` in the past: `incident.declared`. */
  kind: string;
  /** Table-like name of what it happened to: `incident`, `component`, `account`. */
  subject: string;
  subjectId?: number | null;
  incidentId?: number | null;
  /** True when a visitor could see the difference: moves the snapshot. */
  isPublic?: boolean;
  /** Before and after, ids and words; no addresses, no secrets (S-45, S-69). */
  data?: Record<string, unknown>;
}

export interface Event {
  seq: number;
  at: Date;
  kind: string;
  actor: Actor;
  subject: string;
  subjectId: number | null;
  incidentId: number | null;
  isPublic: boolean;
  data: Record<string, unknown>;
  hash: string;
}
