// A gateway in a process of its own, so that its memory can be read: arguments are `record` or `replay`, a store, and
// a file for the exchanges. Tells its port to its parent; at any message it ends the session and tells what it held.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { Gateway } from '../src/gateway/index.ts';
import { keyText, type Exchange } from '../src/kinds/index.ts';
import { Store } from '../src/store/index.ts';

const [mode = '', root = '', file = ''] = process.argv.slice(2);
const replaying = mode === 'replay';
const store = await Store.open(root);
const exchanges = replaying ? (JSON.parse(readFileSync(file, 'utf8')) as Exchange[]) : [];
const byKey = new Map(exchanges.map(exchange => [keyText(exchange.key), exchange]));
const gateway = await Gateway.open({
  store,
  environment: {},
  addHosts: new Map([['127.0.0.1', '127.0.0.1']]),
});
const session = gateway.session({
  clientAddress: '*',
  step: 'bench',
  where: { file: 'Dockerfile', line: 1 },
  mode: replaying ? 'replay' : 'record',
  recorded: key => byKey.get(keyText(key)),
  vary: () => ({}),
});
const server = createServer();
await new Promise<void>(done => server.listen(0, '127.0.0.1', 1024, done));
gateway.serve({ tcp: [{ port: 80, server }] });
process.once('message', () => {
  void session.finish().then(result => {
    if (!replaying) writeFileSync(file, JSON.stringify(result.exchanges));
    process.send?.({ exchanges: result.exchanges.length, problem: result.problem?.message });
  });
});
process.send?.((server.address() as AddressInfo).port);
