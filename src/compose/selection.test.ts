import { afterAll, describe, expect, it } from 'vitest';
import { HoldfastError } from '../core/index.ts';
import { isActive, selectedServices } from './selection.ts';
import { loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

const project = loaded(`services:
  top: { build: { additional_contexts: { m: "service:middle" } } }
  middle: { build: { additional_contexts: { b: "service:base" } }, profiles: [dev] }
  base: { build: ., profiles: [dev, ci] }
  db: { image: x }
`);
const names = (...given: Parameters<typeof selectedServices>) =>
  selectedServices(...given).map(({ name }) => name);

describe('services', () => {
  it('come behind those that they are built from', () => {
    expect(names(project, [], () => true)).toEqual(['base', 'middle', 'top', 'db']);
    expect(names(project, ['top'], () => false)).toEqual(['base', 'middle', 'top']);
    expect(names(project, ['db', 'base'], () => false)).toEqual(['db', 'base']);
  });

  it('are active without a profile, or with one that is', () => {
    const active = (...profiles: string[]) =>
      [...project.services.values()].filter(service => isActive(service, profiles)).map(({ name }) => name);
    expect(active()).toEqual(['top', 'db']);
    expect(active('ci')).toEqual(['top', 'base', 'db']);
    expect(active('*')).toHaveLength(4);
  });

  it.each([
    [
      'services:\n  a: { build: { additional_contexts: { x: "service:b" } } }\n  b: { build: { additional_contexts: { x: "service:a" } } }\n',
      [],
      'COMPOSE_CYCLE',
    ],
    [
      'services:\n  a: { build: { additional_contexts: { x: "service:web" } } }\n',
      [],
      'COMPOSE_SERVICE_UNKNOWN',
    ],
    ['services:\n  web: { image: x }\n', ['wbe'], 'COMPOSE_SERVICE_UNKNOWN'],
  ])('%j, asked for %j, gives %s', (text, asked, code) => {
    expect(() => selectedServices(loaded(text), asked, () => true)).toThrow(HoldfastError);
    expect(() => selectedServices(loaded(text), asked, () => true)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
