import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../../core/index.ts';
import { Candidates } from './candidates.ts';
import { parseRelations } from './dependency.ts';
import { installOrder } from './install-order.ts';
import { parsePackages, type PackageRecord } from './packages.ts';
import { resolveBase } from './resolve.ts';

type Fields = Readonly<Record<string, string>>;

/** `a`, or `a 2.0`, with the fields that matter. */
function record(title: string, fields: Fields = {}): string {
  const [name, version = '1'] = title.split(' ');
  const all = { Package: name, Version: version, Architecture: 'amd64', Priority: 'optional', ...fields };
  return Object.entries(all)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('');
}

const required = { Priority: 'required' };

function suites(...texts: readonly (readonly string[])[]): Candidates<number> {
  const indexes = texts.map((records, origin) => ({
    origin,
    packages: parsePackages(Buffer.from(records.join('\n')), 'test'),
  }));
  return new Candidates(indexes, 'amd64');
}

const names = (candidates: Candidates<number>, ...wanted: readonly string[]): string[] =>
  resolveBase(candidates, { names: wanted }).map(
    ({ record: { name, version }, origin }) => `${name} ${version} @${origin}`,
  );

describe('resolveBase', () => {
  it('takes what is essential, required or named, and nothing else', () => {
    const world = suites([
      record('base', { Essential: 'yes' }),
      record('tool', required),
      record('apt'),
      record('vim'),
      record('foreign', { ...required, Architecture: 'arm64' }),
      record('every', { ...required, Architecture: 'all' }),
    ]);
    expect(names(world, 'apt')).toEqual(['apt 1 @0', 'base 1 @0', 'every 1 @0', 'tool 1 @0']);
  });

  it('takes the highest version over all suites, whichever comes first', () => {
    const [old, fresh] = [record('a 1.9', required), record('a 1.10', required)];
    expect(names(suites([old], [fresh]))).toEqual(['a 1.10 @1']);
    expect(names(suites([fresh], [old]))).toEqual(['a 1.10 @0']);
  });

  it('follows Depends and Pre-Depends, with constraints and qualifiers', () => {
    const world = suites([
      record('a', { ...required, Depends: 'b (>= 2), c:any', 'Pre-Depends': 'd:amd64' }),
      record('b 2'),
      record('c', { 'Multi-Arch': 'allowed' }),
      record('d', { Recommends: 'e' }),
      record('e'),
    ]);
    expect(names(world)).toEqual(['a 1 @0', 'b 2 @0', 'c 1 @0', 'd 1 @0']);
  });

  it('takes the first alternative that can be had, unless another is there anyway', () => {
    const three = [record('b', { Depends: 'missing' }), record('c'), record('d')];
    expect(names(suites([record('a', { ...required, Depends: 'x | b | c | d' }), ...three]))).toEqual([
      'a 1 @0',
      'c 1 @0',
    ]);
    const there = suites([
      record('a', { ...required, Depends: 'b | c | d' }),
      record('z', { ...required, Depends: 'd' }),
      ...three,
    ]);
    expect(names(there)).toEqual(['a 1 @0', 'd 1 @0', 'z 1 @0']);
  });

  it('finds providers, and holds them to the version that they provide', () => {
    const world = (depends: string): Candidates<number> =>
      suites([
        record('a', { ...required, Depends: depends }),
        record('m1', { Provides: 'mta' }),
        record('m2', { Provides: 'mta (= 2), other', Priority: 'standard' }),
      ]);
    expect(names(world('mta'))).toEqual(['a 1 @0', 'm2 1 @0']);
    expect(names(world('mta (>= 2)'))).toEqual(['a 1 @0', 'm2 1 @0']);
    expect(() => names(world('mta (>= 3)'))).toThrow(expect.objectContaining({ code: 'APT_UNSATISFIABLE' }));
  });

  it('does not choose what conflicts with what is there', () => {
    const world = suites([
      record('a', { ...required, Depends: 'b | c' }),
      record('b', { Conflicts: 'z' }),
      record('c'),
      record('z', required),
    ]);
    expect(names(world)).toEqual(['a 1 @0', 'c 1 @0', 'z 1 @0']);
  });

  it('lets a package conflict with the virtual package that it provides itself', () => {
    const world = suites([record('a', { ...required, Provides: 'x', Conflicts: 'x' })]);
    expect(names(world)).toEqual(['a 1 @0']);
  });

  function failure(candidates: Candidates<number>, ...wanted: readonly string[]): HoldfastError {
    try {
      names(candidates, ...wanted);
    } catch (error) {
      if (error instanceof HoldfastError) return error;
    }
    throw new Error('it was resolved');
  }

  it('names the chain to what is missing', () => {
    const world = suites([
      record('a', { ...required, Depends: 'b' }),
      record('b 2', { Depends: 'c (>= 2) | d' }),
      record('c 1'),
    ]);
    expect(failure(world)).toMatchObject({
      code: 'APT_UNSATISFIABLE',
      exit: 5,
      message: 'b depends on c (>= 2) | d, which the archive does not have',
      details: ['a 1 → b 2 → c (>= 2) | d', 'c (>= 2): the candidate is 1', 'd: no such package'],
    });
    expect(failure(world, 'nothing').message).toBe('the archive has no package nothing');
  });

  it('names both sides of a conflict', () => {
    const world = suites([
      record('a', { ...required, Depends: 'b' }),
      record('b', { Breaks: 'z (<< 2)' }),
      record('z 1', required),
    ]);
    expect(failure(world)).toMatchObject({
      message: 'b and z exclude each other',
      details: ['a 1 → b 1', 'z 1'],
    });
  });
});

describe('any archive', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const relation = fc
    .tuple(name, fc.option(fc.tuple(fc.constantFrom('<<', '<=', '=', '>=', '>>'), fc.nat(3))))
    .map(([wanted, version]) => (version === null ? wanted : `${wanted} (${version[0]} ${version[1]})`));
  const depends = fc
    .array(fc.array(relation, { minLength: 1, maxLength: 3 }), { maxLength: 3 })
    .map(groups => groups.map(group => group.join(' | ')).join(', '));
  const packages = fc.uniqueArray(
    fc
      .tuple(name, fc.nat(3), depends, fc.boolean(), fc.boolean())
      .map(([title, version, value, strict, base]) =>
        record(`${title} ${version}`, {
          ...(base && required),
          ...(value !== '' && { [strict ? 'Pre-Depends' : 'Depends']: value }),
        }),
      ),
    { selector: text => text.slice(0, text.indexOf('Architecture')), maxLength: 8 },
  );

  const attempt = (records: readonly string[]): readonly { record: PackageRecord }[] | undefined => {
    try {
      return resolveBase(suites(records), { names: [] });
    } catch (error) {
      if (error instanceof HoldfastError) return undefined;
      throw error;
    }
  };

  const closed = (taken: readonly { record: PackageRecord }[], candidates: Candidates<number>): boolean =>
    taken.every(({ record: one }) =>
      ['Depends', 'Pre-Depends']
        .flatMap(field => parseRelations(one.field(field), 'test'))
        .every(group =>
          group.some(wanted =>
            candidates.satisfying(wanted).some(found => taken.some(other => other.record === found.record)),
          ),
        ),
    );

  it('gives a closed set, whatever the order of its packages', () => {
    fc.assert(
      fc.property(packages, records => {
        const candidates = suites(records);
        let taken;
        try {
          taken = resolveBase(candidates, { names: [] });
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError);
          expect(attempt(records.toReversed())).toBeUndefined();
          return;
        }
        expect(closed(taken, candidates)).toBe(true);
        const titles = (list: typeof taken | undefined) =>
          list?.map(({ record: one }) => `${one.name} ${one.version}`);
        const again = resolveBase(suites(records.toReversed()), { names: [] });
        expect(titles(again)).toEqual(titles(taken));
        expect(
          installOrder(taken)
            .map(one => one.record.name)
            .toSorted(),
        ).toEqual(taken.map(one => one.record.name).toSorted());
      }),
    );
  });
});

describe('installOrder', () => {
  const ordered = (...records: readonly string[]): string[] =>
    installOrder(parsePackages(Buffer.from(records.join('\n')), 'test').map(one => ({ record: one }))).map(
      ({ record: one }) => one.name,
    );

  it('puts what is needed first, ties by name', () => {
    expect(
      ordered(record('a', { Depends: 'c' }), record('b'), record('c', { Depends: 'd | x' }), record('d')),
    ).toEqual(['b', 'd', 'c', 'a']);
  });

  it('keeps Pre-Depends where a circle of Depends would break them', () => {
    const order = ordered(
      record('a', { 'Pre-Depends': 'v' }),
      record('p', { Depends: 'a', Provides: 'v' }),
      record('q', { Depends: 'q2' }),
      record('q2', { Depends: 'q' }),
    );
    expect(order.indexOf('p')).toBeLessThan(order.indexOf('a'));
    expect(order).toHaveLength(4);
  });
});
