import { expect, test } from 'vitest';
import { grantsFrom } from './step-options.ts';

test('the network of all steps; who asks for the host’s allows it', () => {
  const [none, host, usual] = ['none', 'host', 'default'].map(network =>
    grantsFrom({ network }, {}, undefined),
  );
  expect([none?.network, host?.network, usual?.network]).toEqual(['none', 'host', undefined]);
  expect([none, host].map(grants => grants?.allowed.has('network.host'))).toEqual([false, true]);
});

test('a file of a secret that is not there is told of at once', () => {
  const missing = expect.objectContaining({ code: 'SECRET_UNREADABLE', exit: 2 });
  for (const secret of ['id=a,src=/nowhere/at/all', 'id=/nowhere/at/all'])
    expect(() => grantsFrom({ secret: [secret] }, {}, undefined)).toThrow(missing);
  const { secrets } = grantsFrom({ secret: ['id=a', '"id=b","env=B"'] }, { a: '1', B: '2' }, undefined);
  expect(['a', 'b'].map(id => secrets.value(id)?.toString())).toEqual(['1', '2']);
});
