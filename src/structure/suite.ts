import { parseDocument } from 'yaml';
import { z } from 'zod';
import { messageOf, usageError, type HoldfastError } from '../core/index.ts';

const variable = z.strictObject({ key: z.string(), value: z.string() });
const expectedValue = z.strictObject({
  key: z.string(),
  value: z.string(),
  isRegex: z.boolean().default(false),
});
const texts = z.array(z.string()).default([]);
const argv = z.array(z.string()).min(1);

const commandTest = z.strictObject({
  name: z.string(),
  setup: z.array(argv).default([]),
  teardown: z.array(argv).default([]),
  envVars: z.array(variable).default([]),
  command: z.string().min(1),
  args: texts,
  exitCode: z.number().int().min(0).max(255).default(0),
  expectedOutput: texts,
  excludedOutput: texts,
  expectedError: texts,
  excludedError: texts,
});

const fileExistenceTest = z.strictObject({
  name: z.string(),
  path: z.string().startsWith('/'),
  shouldExist: z.boolean().default(true),
  /** As ls(1) shows them. */
  permissions: z.string().length(10).optional(),
  uid: z.number().int().nonnegative().optional(),
  gid: z.number().int().nonnegative().optional(),
  isExecutableBy: z.enum(['owner', 'group', 'other', 'any']).optional(),
});

const fileContentTest = z.strictObject({
  name: z.string(),
  path: z.string().startsWith('/'),
  expectedContents: texts,
  excludedContents: texts,
});

/** The format of container-structure-test has none: what an image is for is mostly to serve. */
const serviceTest = z
  .strictObject({
    name: z.string(),
    envVars: z.array(variable).default([]),
    /** In place of the image's entrypoint and command. */
    command: argv.optional(),
    /** In place of the image's command alone, behind its entrypoint. */
    args: argv.optional(),
    /** Ends with 0 when the service is well; the image's HEALTHCHECK where neither it nor `http` is given. */
    probe: argv.optional(),
    http: z
      .strictObject({
        port: z.number().int().min(1).max(65_535),
        path: z.string().startsWith('/').default('/'),
        /** Expressions, each of which the answer holds. */
        expectedBody: texts,
      })
      .optional(),
    /** Seconds. */
    timeout: z.number().int().min(1).max(600).default(30),
  })
  .refine(({ probe, http }) => probe === undefined || http === undefined, 'give either a probe or http')
  .refine(({ command, args }) => command === undefined || args === undefined, 'give either command or args');

const metadataTest = z.strictObject({
  envVars: z.array(expectedValue).default([]),
  unboundEnvVars: z.array(z.object({ key: z.string() })).default([]),
  labels: z.array(expectedValue).default([]),
  exposedPorts: texts,
  unexposedPorts: texts,
  volumes: texts,
  unmountedVolumes: texts,
  entrypoint: z.array(z.string()).optional(),
  cmd: z.array(z.string()).optional(),
  workdir: z.string().optional(),
  user: z.string().optional(),
});

const suite = z.strictObject({
  schemaVersion: z.literal('2.0.0'),
  globalEnvVars: z.array(variable).default([]),
  containerRunOptions: z.strictObject({ user: z.string().optional(), envVars: texts }).optional(),
  commandTests: z.array(commandTest).default([]),
  fileExistenceTests: z.array(fileExistenceTest).default([]),
  fileContentTests: z.array(fileContentTest).default([]),
  metadataTest: metadataTest.optional(),
  serviceTests: z.array(serviceTest).default([]),
});

export type Suite = z.infer<typeof suite>;
export type CommandTest = z.infer<typeof commandTest>;
export type FileExistenceTest = z.infer<typeof fileExistenceTest>;
export type FileContentTest = z.infer<typeof fileContentTest>;
export type ServiceTest = z.infer<typeof serviceTest>;
export type MetadataTest = z.infer<typeof metadataTest>;

/**
 * Reads a file of tests in the format of container-structure-test, version 2.0.0, YAML or JSON.
 * @param name for messages.
 * @throws HoldfastError TEST_INVALID (exit 2)
 */
export function parseSuite(text: string, name: string): Suite {
  const document = parseDocument(text, { uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(name, fault.message.split('\n')[0] ?? 'no YAML');
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(name, messageOf(error));
  }
  const read = suite.safeParse(plain);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(name, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  for (const pattern of patternsOf(read.data)) expression(pattern, name);
  return read.data;
}

function patternsOf({
  commandTests,
  fileContentTests,
  metadataTest: metadata,
  serviceTests,
}: Suite): string[] {
  const values = [...(metadata?.envVars ?? []), ...(metadata?.labels ?? [])];
  return [
    ...commandTests.flatMap(one => [
      ...one.expectedOutput,
      ...one.excludedOutput,
      ...one.expectedError,
      ...one.excludedError,
    ]),
    ...fileContentTests.flatMap(one => [...one.expectedContents, ...one.excludedContents]),
    ...serviceTests.flatMap(({ http }) => http?.expectedBody ?? []),
    ...values.flatMap(({ isRegex, value }) => (isRegex ? [value] : [])),
  ];
}

/**
 * The format's expressions are Go's (RE2): flags for the whole stand in front, and `$` is the end of the text.
 * @throws HoldfastError TEST_INVALID (exit 2)
 */
export function expression(pattern: string, name: string): RegExp {
  const [, flags = '', body = pattern] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(pattern) ?? [];
  try {
    return new RegExp(body.replaceAll(String.raw`\A`, '^').replaceAll(String.raw`\z`, '$'), flags);
  } catch (error) {
    throw invalid(name, messageOf(error));
  }
}

function invalid(name: string, cause: string): HoldfastError {
  return usageError('TEST_INVALID', `${name}: ${cause}`, {
    next: 'See docs/testing.md for what may stand in it.',
  });
}
