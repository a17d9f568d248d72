// What a publication costs the public side: from the commit to the new bytes, by size of the past.
import { join } from 'node:path';
import { databaseWith } from './databases.mjs';
import { ask, benchFolder, end, serverCore, start } from './processes.mjs';
import { below, figure, heading } from './report.mjs';

export async function publishing(sizes) {
  heading('Publishing: from commit to swapped bytes');
  const probes = [];
  for (const size of sizes) {
    const child = start(join(benchFolder, 'publish-probe.mjs'), {
      core: serverCore,
      args: [await databaseWith(size)],
    });
    probes.push({ size, child });
  }
  const results = new Map();
  for (const { size, child } of probes)
    results.set(size, await ask(child, { kind: 'publish', times: 25 }));
  for (const size of sizes) {
    const { swapped, snapshot, render, loop, all, documents, bytes } = results.get(size);
    figure(`${size}: commit to swap`, swapped, 'ms', below(50));
    figure(`${size}:   of which reading the snapshot`, snapshot, 'ms');
    figure(
      `${size}:   of which rendering ${documents} documents, ${Math.round(bytes / 1024)} KB`,
      render,
      'ms',
    );
    figure(`${size}: main thread busy, compression in other threads done`, loop, 'ms');
    figure(`${size}: processor time, all threads`, all, 'ms');
  }
  for (const size of sizes.filter((one) => one !== 1000)) {
    const relative = results.get(size).swapped / results.get(1000).swapped;
    figure(`commit to swap at ${size} against 1,000`, relative, '', below(1.2));
  }
  await Promise.all(probes.map(({ child }) => end(child)));
}
