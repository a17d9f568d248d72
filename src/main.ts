// `npm start`: serves until told to stop.
import { serve } from './run.ts';

await serve(process.env);
