/**
 * How a server of a bank describes itself: what the descriptions at /openapi.json of gateway and console have in common.
 *
 * Every refusal is one shape, the component `error`, and its codes are told once, with what a client may do about each.
 */
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { assert, type ErrorCode, errorTable } from '../../src/errors.js';
import { httpStatus } from './replies.js';
import { errorSchema } from './schemas.js';

interface Description {
  readonly title: string;
  readonly description: string;
  readonly securitySchemes: Readonly<
    Record<string, { readonly type: 'http'; readonly scheme: string; readonly description: string }>
  >;
}

/** Before the routes: their schemas name `error`. */
export async function describeApi(app: FastifyInstance, { securitySchemes, ...head }: Description): Promise<void> {
  app.addSchema(errorSchema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: head.title, description: `${head.description}\n\n${refusalsText}`, version: '1' },
      components: { securitySchemes },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => (json.$id ? `${json.$id}` : `def-${i}`) },
    transformObject: withoutIds,
  });
}

/** A component's `$id` is Fastify's: in a description it would move what its references are relative to. */
const withoutIds: SwaggerTransformObject = found => {
  assert('openapiObject' in found, 'a description is OpenAPI');
  const { components } = found.openapiObject;
  for (const schema of Object.values<object>(components?.schemas ?? {})) Reflect.deleteProperty(schema, '$id');
  return found.openapiObject;
};

const remedies = {
  caller: 'mend the call',
  retry: 'the same call again, later or at another bank',
  fatal: "tell the bank's operator",
} as const;

const codes = Object.keys(errorTable) as ErrorCode[];

/** A row for each status and remedy, with its codes. */
function refusalRows(): string[] {
  const groups = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const row = `| ${httpStatus(code)} | ${remedies[errorTable[code]]} |`;
    groups.set(row, [...(groups.get(row) ?? []), code]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([row, of]) => `${row} ${of.join(', ')} |`);
}

const refusalsText = `Whatever is refused answers with JSON: \`error.code\` says what happened. These are all codes of the library; some of them a
wallet alone meets.

| status | what to do | code |
| --- | --- | --- |
${refusalRows().join('\n')}`;
