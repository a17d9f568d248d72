// Runs MJML in a thread of its own, and is the only file that imports it: the import alone takes
// more than half a second, and a hostile document can keep it busy for seconds (SECURITY T9).
import { parentPort } from 'node:worker_threads';

export interface MjmlJob {
  id: number;
  mjml: string;
}

export interface MjmlFault {
  line: number | null;
  message: string;
}

export interface MjmlResult {
  id: number;
  html?: string;
  faults?: MjmlFault[];
}

// MJML loads the packages that a .mjmlconfig in the working directory names: here is none.
process.cwd = () => import.meta.dirname;
const { default: mjml2html } = await import('mjml');

async function compile({ id, mjml }: MjmlJob): Promise<MjmlResult> {
  try {
    const { html } = await mjml2html(mjml, {
      validationLevel: 'strict',
      ignoreIncludes: true,
      keepComments: false,
      fonts: {},
    });
    return { id, html };
  } catch (error) {
    return { id, faults: faultsOf(error) };
  }
}

/** A validation error lists `errors`, each with its line. */
function faultsOf(error: unknown): MjmlFault[] {
  if (error instanceof RangeError) return [{ line: null, message: 'The MJML is nested too deep.' }];
  const listed: unknown = error instanceof Error && 'errors' in error ? error.errors : undefined;
  if (Array.isArray(listed) && listed.length > 0) return listed.map(faultOf);
  return [{ line: null, message: 'This is not MJML that can be made into an email.' }];
}

function faultOf(listed: { line?: unknown; message?: unknown; tagName?: unknown }): MjmlFault {
  const line = typeof listed.line === 'number' ? listed.line : null;
  const about = typeof listed.tagName === 'string' ? `<${listed.tagName}>: ` : '';
  return { line, message: `${about}${String(listed.message)}` };
}

parentPort?.on('message', (job: MjmlJob) => void compile(job).then(say));
// The first document is slow: let it be one that nobody waits for under a limit.
await compile({ id: 0, mjml: '<mjml><mj-body><mj-section /></mj-body></mjml>' });
say('ready');

function say(message: MjmlResult | 'ready') {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
  parentPort?.postMessage(message);
}
