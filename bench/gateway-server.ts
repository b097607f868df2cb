// A gateway in a process of its own, so that its memory can be read: arguments are a store, a file, and the URL that
// the file is the recorded answer of. Prints its port.
import { createReadStream } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { Gateway } from '../src/gateway/index.ts';
import { Store } from '../src/store/index.ts';

const [root = '', file = '', url = ''] = process.argv.slice(2);
const store = await Store.open(root);
const body = await store.put(createReadStream(file));
const response = { status: 200, headers: [['content-type', 'application/octet-stream']] as const, body };
const gateway = await Gateway.open({ store, environment: {} });
gateway.session({
  clientAddress: '*',
  step: 'bench',
  where: { file: 'Dockerfile', line: 1 },
  mode: 'replay',
  recorded: key => (key.url === url ? { key, responses: [response] } : undefined),
  vary: () => ({}),
});
const server = createServer();
await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
gateway.serve({ tcp: [{ port: url.startsWith('https:') ? 443 : 80, server }] });
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
