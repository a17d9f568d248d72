// `npm start`: serves until told to stop.
import { setFlagsFromString } from 'node:v8';

// What a request leaves behind fits into the processor's cache as long as V8's nursery stays at its first
// size. Grown to its usual 16 MB by the start alone, it makes every later request a third dearer.
setFlagsFromString('--semi-space-growth-factor=1');
// Loaded only now, for the loading is what makes it grow.
const { serve } = await import('./run.ts');

await serve(process.env);
