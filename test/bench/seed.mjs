// Fills a new database through the product's seed, in one transaction instead of one an incident.
import { readConfig } from '../../dist/config.js';
import { openHouse } from '../../dist/house.js';
import { seed } from '../../dist/seed.js';
import { silentLog } from '../../dist/shared/log.js';

const [dataDir, incidents] = process.argv.slice(2);
const kernel = await openHouse(readConfig({ DATA_DIR: dataDir }), { log: silentLog });
await kernel.db.write((tx) =>
  seed(
    { ...kernel, db: { ...kernel.db, read: tx, write: (part) => part(tx) } },
    { incidents: Number(incidents), subscribers: 0 },
  ),
);
kernel.db.close();
