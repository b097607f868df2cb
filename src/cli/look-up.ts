import { type LookUp, openLookUp } from '../check/index.ts';
import { openDispatchers } from '../registry/index.ts';
import { printable } from '../report/index.ts';
import { RegistryClients } from './registry-clients.ts';
import { settingsOf } from './registry-options.ts';

/** Runs `use` with a way to ask registries with Docker's credentials, servers and git hosts. */
export async function withLookUp(use: (lookUp: LookUp) => Promise<void>): Promise<void> {
  const clients = new RegistryClients(text => process.stderr.write(`${text}\n`));
  const dispatchers = await openDispatchers(process.env);
  try {
    await use(await openLookUp(await clients.with(settingsOf({}, '', [])), dispatchers));
  } finally {
    await clients.close();
    await dispatchers.close();
  }
}

/** Says what could not be asked; the finding stays. */
export function tellFailure({ name, cause }: { readonly name: string; readonly cause: unknown }): void {
  const reason = cause instanceof Error ? cause.message : String(cause);
  process.stderr.write(`not looked up: ${printable(name)}: ${printable(reason)}\n`);
}
