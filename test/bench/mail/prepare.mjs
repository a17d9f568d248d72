// Makes a database of subscribers, or releases a mail in one that is there. `prepare.mjs FOLDER SUBSCRIBERS release?`
import { addSubscribers, open, release } from './database.mjs';

const [dataDir, count, then] = process.argv.slice(2);
const kernel = await open(dataDir);
if (Number(count) > 0) await addSubscribers(kernel, Number(count));
if (then === 'release') process.stdout.write(JSON.stringify(await release(kernel)));
kernel.db.close();
