// Loaded before the server: measures how long its event loop stood still, and tells when asked.
let last = performance.now();
let longest = 0;
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}, 10).unref();

process.on('message', ({ id, kind }) => {
  if (kind === 'forget') longest = 0;
  process.send?.({ id, longest });
});
process.channel?.unref();
