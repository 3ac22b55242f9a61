/**
 * The OpenAPI descriptions of a bank's servers, asked from the servers themselves: built as a bank builds them, around a bank
 * that does nothing, and never listening.
 */
import type { FastifyInstance } from 'fastify';
import { buildGateway } from '../../node/gateway/index.js';
import { encodeNetworkFile } from '../../src/network/index.js';
import { consoleWorld, network } from '../../test/node/console/world.js';
import { FakeBank, memoryLog } from '../../test/node/gateway/fake-bank.js';

export interface Description {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: object }>> }
    >
  >;
}

export async function gatewayServer(): Promise<FastifyInstance> {
  const options = {
    host: '127.0.0.1',
    port: 0,
    networkFile: encodeNetworkFile(network, {}),
    auditToken: 'none',
    log: memoryLog(),
  };
  return (await buildGateway(new FakeBank(), options)).app;
}

export const consoleServer = async (): Promise<FastifyInstance> => (await consoleWorld()).app;

/** As the server answers at /openapi.json. */
export const descriptionOf = (app: FastifyInstance): Description =>
  JSON.parse(JSON.stringify(app.swagger())) as Description;
