import {
  copyImage,
  noCredentials,
  openCopySource,
  openCopyTarget,
  parseCopyPlace,
  RegistryClient,
  type CopyOptions,
  type CopyReport,
  type RegistryOptions,
} from '../index.ts';
import { fakeClock } from './stores.ts';

export interface Copier {
  /** Copies as the program does, with a clock that does not wait. */
  copy(source: string, destination: string, options?: Partial<CopyOptions>): Promise<CopyReport>;
  readonly client: RegistryClient;
  readonly clock: ReturnType<typeof fakeClock>;
  close(): Promise<void>;
}

export async function openCopier(options: Partial<RegistryOptions> = {}): Promise<Copier> {
  const clock = fakeClock();
  const client = await RegistryClient.open({
    env: {},
    homeDirectory: '/nonexistent',
    credentials: noCredentials,
    clock,
    ...options,
  });
  const place = { client: () => Promise.resolve(client), environment: {} };
  return {
    client,
    clock,
    async copy(source, destination, copying = {}) {
      const from = await openCopySource(parseCopyPlace(source), place);
      const to = await openCopyTarget(parseCopyPlace(destination), place);
      return copyImage(from, to, { selection: { kind: 'all' }, attachments: true, ...copying });
    },
    close: () => client.close(),
  };
}
