import type { SourcePlace } from '../core/index.ts';
import { sha256 } from '../core/index.ts';
import type { Get } from '../gateway/index.ts';
import { Ledger } from './ledger.ts';
import type { BuildRuntime } from './runtime.ts';
import { sessionOptions } from './traffic.ts';

/**
 * Asks upstream as a step that records would: by the same names, proxies and retries.
 * @param label what messages call it
 * @throws HoldfastError what the gateway could not get, and what `use` throws
 */
export async function liveRequests<Result>(
  runtime: BuildRuntime,
  label: string,
  where: SourcePlace,
  use: (get: Get) => Promise<Result>,
): Promise<Result> {
  const { gateway } = await runtime.steps();
  const ledger = new Ledger('extend', runtime.now().toISOString(), undefined);
  const fetcher = { input: { ledger }, runtime, signal: runtime.signal };
  const step = { id: label, name: label, command: sha256(label), text: label, where };
  const { value, session } = await gateway.requests(sessionOptions(fetcher, step, undefined), use);
  if (session.problem) throw session.problem;
  return value;
}
