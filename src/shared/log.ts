// JSON lines on stdout. Secrets, tokens and full addresses never go in: callers mask first (S-45).
import { pino } from 'pino';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}

export const logLevels = ['silent', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

const redact = ['password', 'token', 'secret', 'authorization', 'cookie', '*.password', '*.token'];

/** Writes synchronously, so that the last line before an exit is not lost. */
export const createLog = (level: LogLevel): Log =>
  pino(
    {
      level,
      redact,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 1, sync: true }),
  );

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
};
