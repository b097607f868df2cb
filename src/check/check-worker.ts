import { parentPort, workerData } from 'node:worker_threads';
import { doneHere, type Work } from './check-files.ts';

// A thread of `checkFiles`.
parentPort?.postMessage(await doneHere(workerData as Work));
