import { parentPort, workerData } from 'node:worker_threads';
import { foundIn, type Search } from './search-files.ts';

// A thread of `searchFiles`.
parentPort?.postMessage(foundIn(workerData as Search));
