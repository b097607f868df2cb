import type { ServerResponse } from 'node:http';
import type { Digest } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import {
  noCredentials,
  openSource,
  parseReference,
  pullImage,
  RegistryClient,
  type CredentialSource,
  type Descriptor,
  type PulledImage,
} from '../index.ts';
import { sampleImage } from './sample-image.ts';
import { startScripted, type Script, type ScriptedServer } from './scripted-server.ts';
import { fakeClock, openWorkspace } from './stores.ts';

/** An honest image, servers that lie about it, and a store that shall not believe them. */
export interface HostileWorld {
  readonly image: Descriptor;
  readonly manifestBytes: Buffer;
  /** Its only layer, and that one's bytes. */
  readonly layer: Descriptor;
  readonly layerBytes: Buffer;
  readonly victim: Store;
  /** Answers truthfully, as the repository `team/app`. */
  readonly serve: Script;
  server(script: Script): Promise<ScriptedServer>;
  /** Truthful but for what `lie` answers itself, which it tells by `true`. */
  liar(lie: (url: string, response: ServerResponse, number: number) => boolean): Promise<ScriptedServer>;
  client(credentials?: CredentialSource, clock?: ReturnType<typeof fakeClock>): Promise<RegistryClient>;
  /** Pulls `team/app:1` into the victim. */
  pull(
    domain: string,
    credentials?: CredentialSource,
    clock?: ReturnType<typeof fakeClock>,
  ): Promise<PulledImage>;
  close(): Promise<void>;
}

export async function openHostileWorld(): Promise<HostileWorld> {
  const closing: (() => Promise<void>)[] = [];
  const work = await openWorkspace();
  const honest = await work.newStore();
  const victim = await work.newStore();
  const image = await sampleImage(honest, ['one']);
  const manifestBytes = await honest.readBytes(image.digest);
  const [layer] = (JSON.parse(manifestBytes.toString()) as { layers: [Descriptor] }).layers;
  const serve: Script = ({ url }, response) => {
    const [, kind, name = ''] = /^\/v2\/team\/app\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    if (kind === undefined) return void response.writeHead(404).end();
    const digest = kind === 'manifests' ? image.digest : (name as Digest);
    void honest.readBytes(digest).then(bytes => {
      const type = kind === 'manifests' ? image.mediaType : 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, 'content-length': bytes.byteLength }).end(bytes);
    });
  };
  const server = async (script: Script) => {
    const started = await startScripted(script);
    closing.push(() => started.stop());
    return started;
  };
  const client: HostileWorld['client'] = async (credentials = noCredentials, clock = fakeClock()) => {
    const opened = await RegistryClient.open({ env: {}, homeDirectory: '/nonexistent', credentials, clock });
    closing.push(() => opened.close());
    return opened;
  };
  return {
    image,
    manifestBytes,
    layer,
    layerBytes: await honest.readBytes(layer.digest),
    victim,
    serve,
    server,
    client,
    liar: lie =>
      server((request, response) => {
        if (!lie(request.url, response, request.number)) serve(request, response);
      }),
    async pull(domain, credentials, clock) {
      const reference = parseReference(`${domain}/team/app:1`);
      const source = openSource({ kind: 'docker', reference }, await client(credentials, clock));
      return pullImage(source, { os: 'linux', architecture: 'amd64' }, victim);
    },
    async close() {
      for (const close of closing.splice(0)) await close();
      await work.remove();
    },
  };
}

export const isManifest = (url: string) => url.includes('/manifests/');

/** Writes until the other side has had enough. */
export function endless(response: ServerResponse, type: string): void {
  response.writeHead(200, { 'content-type': type });
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}
