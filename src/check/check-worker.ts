import { parentPort, workerData } from 'node:worker_threads';
import { checkShare, type Share } from './check-files.ts';

// A thread of `checkFiles`: one share in, one list of results out.
parentPort?.postMessage(await checkShare(workerData as Share));
