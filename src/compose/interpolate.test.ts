import { afterAll, describe, expect, it } from 'vitest';
import { interpolateText } from './interpolate.ts';
import { failure, loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

const variables: Readonly<Record<string, string>> = { SET: 'value', EMPTY: '', OTHER: 'o' };

function put(text: string): string {
  return interpolateText(
    text,
    name => variables[name],
    why => {
      throw new Error(why);
    },
  );
}

describe('variables in values', () => {
  it.each([
    ['$SET/${SET}', 'value/value'],
    ['$MISSING-${MISSING}-', '--'],
    ['${SET:-d} ${EMPTY:-d} ${MISSING:-d}', 'value d d'],
    ['${SET-d} ${EMPTY-d} ${MISSING-d}', 'value  d'],
    ['${SET:+r} ${EMPTY:+r} ${MISSING:+r}', 'r  '],
    ['${SET+r} ${EMPTY+r} ${MISSING+r}', 'r r '],
    ['${SET:?e}${EMPTY?e}', 'value'],
    ['${MISSING:-${EMPTY:-${SET}}}', 'value'],
    ['${MISSING:-a${SET:+b}c}', 'abc'],
    ['${MISSING:-{"a": 1}}', '{"a": 1}'],
    ['$$SET $${SET} $$$SET', '$SET ${SET} $value'],
    ['$1 $ $- x$', '$1 $ $- x$'],
    ['$SET.x ${SET}x $SETx', 'value.x valuex '],
    ['${SET:-a:-b}', 'value'],
    ['${MISSING:-a:-b}', 'a:-b'],
  ])('%s becomes %s', (text, expected) => {
    expect(put(text)).toBe(expected);
  });

  it.each(['${', '${}', '${1a}', '${SET', '${SET:}', '${SET:=x}', '${ SET}', '${SET!x}', 'a ${MISSING:-${}'])(
    '%s is refused',
    text => {
      expect(() => put(text)).toThrow('is no variable');
    },
  );

  it('that must be set say what was asked for', () => {
    expect(() => put('${MISSING?set $SET}')).toThrow('MISSING has no value: set value');
    expect(() => put('${EMPTY:?}')).toThrow('EMPTY has no value');
  });

  it('nested without end is refused', () => {
    expect(() => put(`${'${A:-'.repeat(5_000)}${'}'.repeat(5_000)}`)).toThrow('is no variable');
  });

  it('errors name the place of the variable', () => {
    expect(failure('services:\n  a: { image: "x:${TAG:?needed}" }\n')).toBe(
      'COMPOSE_VARIABLE_MISSING compose.yaml:2:18',
    );
    expect(failure('services:\n  a:\n    image: x:${TAG!}\n')).toBe(
      'COMPOSE_INTERPOLATION compose.yaml:3:14',
    );
  });

  it('have the values of the environment, then of .env; what has none is told', () => {
    const project = loaded(
      {
        'compose.yaml': 'services:\n  a: { image: "${A}-${B}-${C}-${A}" }\n',
        '.env': 'A=file\nB=file\n',
      },
      { environment: { A: 'shell' } },
    );
    expect(project.services.get('a')?.image?.text).toBe('shell-file--shell');
    expect([...project.unset]).toEqual([['C', { file: 'compose.yaml', line: 2, column: 16 }]]);
  });

  it('are not put into keys, and numbers are what Compose makes of them', () => {
    const project = loaded(
      'services:\n  a:\n    build:\n      args: { "$K": 1, O: 010, F: 1.10, H: 0x1f, T: true, E: 1e6, N: 1_000, Q: "010", M: -5, I: .inf }\n',
    );
    expect(project.services.get('a')?.build?.args).toEqual({
      $K: '1',
      O: '8',
      F: '1.1',
      H: '31',
      T: 'true',
      E: '1e+06',
      N: '1000',
      Q: '010',
      M: '-5',
      I: '+Inf',
    });
  });
});
