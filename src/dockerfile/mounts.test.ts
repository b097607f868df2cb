import { describe, expect, it } from 'vitest';
import { expandWord } from './expand.ts';
import { type ResolvedMount, resolveMount } from './resolved-mount.ts';
import { only, parsed, problemOf } from './testing.ts';

const variables = new Map([
  ['kind', 'cache'],
  ['dir', '/var/x'],
]);

function resolved(fields: string): ResolvedMount | undefined {
  const [mount] = only('RUN', `RUN --mount=${fields} true`).mounts;
  return mount && resolveMount(mount, 'Dockerfile', value => expandWord(value, variables).text);
}

describe('mounts', () => {
  it.each<[string, ResolvedMount]>([
    ['target=/a', { type: 'bind', target: '/a', source: '', readOnly: true }],
    ['dst=a,rw', { type: 'bind', target: 'a', source: '', readOnly: false }],
    // buildah's mark for SELinux
    ['target=/a,Z', { type: 'bind', target: '/a', source: '', readOnly: true }],
    ['destination=a,rw=false', { type: 'bind', target: 'a', source: '', readOnly: true }],
    [
      'TYPE=bind,from=b,src=c,target=/a',
      { type: 'bind', target: '/a', source: 'c', from: 'b', readOnly: true },
    ],
    ['type=cache,target=/a', { type: 'cache', target: '/a', source: '', readOnly: false, sharing: 'shared' }],
    [
      'type=$kind,target=${dir}/y,id=i,sharing=locked,mode=0700,uid=1,gid=2,readonly',
      {
        type: 'cache',
        target: '/var/x/y',
        source: '',
        readOnly: true,
        id: 'i',
        sharing: 'locked',
        mode: 0o700,
        uid: 1,
        gid: 2,
      },
    ],
    ['type=tmpfs,target=/a', { type: 'tmpfs', target: '/a', readOnly: false, size: 0 }],
    ['type=tmpfs,target=/a,size=1.5k', { type: 'tmpfs', target: '/a', readOnly: false, size: 1536 }],
    ['type=secret,id=a/b', { type: 'secret', id: 'a/b', target: '/run/secrets/b', required: false }],
    ['type=secret,target=/t/k,required', { type: 'secret', id: 'k', target: '/t/k', required: true }],
    ['type=secret,id=a,env=A', { type: 'secret', id: 'a', env: 'A', required: false }],
    [
      'type=secret,src=a,env=A,target=/a',
      { type: 'secret', id: 'a', env: 'A', target: '/a', required: false },
    ],
    ['type=ssh', { type: 'ssh', id: 'default', required: false }],
    ['required=true,type=ssh,id=k,mode=600', { type: 'ssh', id: 'k', required: true, mode: 0o600 }],
    ['\\"target=/a,b\\",source=c', { type: 'bind', target: '/a,b', source: 'c', readOnly: true }],
    ["'target=/a b'", { type: 'bind', target: '/a b', source: '', readOnly: true }],
  ])('%s', (fields, expected) => {
    expect(resolved(fields)).toEqual(expected);
  });

  it.each([
    'type=volume,target=/a',
    'type=cache',
    'type=bind,source=a',
    'target=',
    'target',
    'target=/a,rw=maybe',
    'target=/a,size=1m',
    'target=/a,mode=0755',
    'target=/a,sharing=shared',
    'target=/a,required',
    'target=/a,env=X',
    'type=cache,target=/a,sharing=mine',
    'type=cache,target=/a,uid=-1',
    'type=cache,target=/a,mode=0888',
    'type=cache,target=/a,uid=4294967296',
    'type=tmpfs,target=/a,size=much',
    'type=secret',
    'type=secret,id=a,source=b',
    'type=secret,id=a,from=b',
  ])('cannot be %s', fields => {
    expect(problemOf(() => resolved(fields))).toBe('DOCKERFILE_MOUNT 2:13');
  });

  it('refuse an unknown field, a variable in "from" and stray quotes at once, with the place', () => {
    expect(problemOf(() => parsed('RUN --mount=type=bind,form=a b'))).toBe('DOCKERFILE_MOUNT 2:23');
    expect(problemOf(() => parsed('RUN --mount=target=/a,\\', 'from=x$y b'))).toBe('DOCKERFILE_MOUNT 3:1');
    expect(problemOf(() => parsed('RUN --mount=target=\\"/a b'))).toBe('DOCKERFILE_FLAG_VALUE 2:5');
    expect(problemOf(() => parsed('RUN --mount=\\"target=/a b'))).toBe('DOCKERFILE_FLAG_VALUE 2:5');
    expect(problemOf(() => parsed('RUN --mount=\\"target=/a\\"x b'))).toBe('DOCKERFILE_FLAG_VALUE 2:5');
  });

  it('know where the image stands that they come from', () => {
    const dockerfile = parsed('RUN --mount=target=/a,\\', 'from="img:1" \\', 'b');
    const [run] = dockerfile.stages[0]?.instructions ?? [];
    const from = run?.keyword === 'RUN' ? run.mounts[0]?.from : undefined;
    expect(from?.text).toBe('img:1');
    expect(dockerfile.text.slice(from?.range.start, from?.range.end)).toBe('img:1');
  });
});
