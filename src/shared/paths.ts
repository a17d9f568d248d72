// Where the package's own files are, for the code compiled in dist/ and for the sources in src/ alike.
import { join, resolve } from 'node:path';

const packageRoot = resolve(import.meta.dirname, '../..');

/** An absolute path inside the installed package: views, emails, migrations, compiled workers. */
export const packagePath = (...parts: string[]) => join(packageRoot, ...parts);
