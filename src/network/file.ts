/**
 * The network file: what an operator hands out, and all that a wallet or a verifier must be given to trust nobody else.
 *
 *     { "covault": 1, "genesis": hex of encodeGenesis, "amendments": [ hex of encodeAmendment ],
 *       "gateways": { bank name: URL }, "summary": { readable copy } }
 *
 * Only `genesis` and `amendments` count: the network id is computed from the one, and every one of the others is signed by all
 * banks; a file without amendments has no such field. The summary is for people, and a file whose summary says
 * something else is refused. Gateway URLs are no part of the id: who changes them can delay a wallet, not deceive it.
 *
 * Not here: files and their names.
 */
import { fromHex, toHex } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { amended, decodeAmendment, encodeAmendment } from './amendment.js';
import { decodeGenesis, encodeGenesis, makeNetwork, type Network } from './roster.js';

const version = 1;
const fields = ['covault', 'genesis', 'amendments', 'gateways', 'summary'];
const amendmentsMax = 256;
/** Characters of a gateway's URL. */
const urlLengthMax = 2048;

/** Gateway URLs, by bank name; a bank may have none. */
export type Gateways = Readonly<Record<string, string>>;

/** What a network file says. */
export interface NetworkFile {
  readonly network: Network;
  readonly gateways: Gateways;
}

/** Throws BAD_NETWORK_FILE: a gateway of no bank, or no URL. */
export function encodeNetworkFile(network: Network, gateways: Gateways): string {
  const file = {
    covault: version,
    genesis: toHex(encodeGenesis(network.genesis)),
    ...(network.amendments.length > 0 && { amendments: network.amendments.map(each => toHex(encodeAmendment(each))) }),
    gateways: checkGateways(network, gateways),
    summary: summaryOf(network),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Throws BAD_NETWORK_FILE; the message and the fact `field` name the field. */
export function decodeNetworkFile(text: string): NetworkFile {
  const file = parseObject(text);
  for (const field of Object.keys(file)) if (!fields.includes(field)) throw refused(field, 'is no field of it');
  if (file.covault !== version) throw refused('covault', `must be ${version}`);
  const network = readAmendments(readGenesis(file.genesis), file.amendments);
  checkSummary(network, file.summary);
  return { network, gateways: checkGateways(network, file.gateways) };
}

function refused(field: string, why: string): CovaultError {
  return new CovaultError('BAD_NETWORK_FILE', `network file: ${field} ${why}`, { field });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('file', 'is not JSON');
  }
  if (!isObject(value)) throw refused('file', 'must be a JSON object');
  return value;
}

function readGenesis(genesis: unknown): Network {
  if (typeof genesis !== 'string') throw refused('genesis', 'must be text');
  try {
    return makeNetwork(decodeGenesis(fromHex(genesis)));
  } catch (error) {
    if (error instanceof CovaultError) throw refused('genesis', `does not decode: ${error.message}`);
    throw error;
  }
}

function readAmendments(network: Network, amendments: unknown): Network {
  if (amendments === undefined) return network;
  if (!Array.isArray(amendments) || amendments.length === 0 || amendments.length > amendmentsMax) {
    throw refused('amendments', `must be a list of 1 to ${amendmentsMax}`);
  }
  return amendments.reduce<Network>((before, text, k) => {
    if (typeof text !== 'string') throw refused(`amendments[${k}]`, 'must be text');
    try {
      return amended(before, decodeAmendment(fromHex(text)));
    } catch (error) {
      if (error instanceof CovaultError) throw refused(`amendments[${k}]`, `does not hold: ${error.message}`);
      throw error;
    }
  }, network);
}

function summaryOf(network: Network) {
  return {
    id: toHex(network.id),
    ...(network.amendments.length > 0 && { rosterVersion: network.rosterVersion }),
    banks: network.banks.map(bank => bank.name),
    accounts: network.accounts,
    pageSize: network.pageSize,
    amountBits: network.amountBits,
    scale: network.scale,
    supply: network.supply.toString(),
  };
}

function checkSummary(network: Network, summary: unknown): void {
  if (!isObject(summary)) throw refused('summary', 'must be an object');
  const expected: Record<string, unknown> = summaryOf(network);
  for (const field of new Set([...Object.keys(expected), ...Object.keys(summary)])) {
    if (!isSame(summary[field], expected[field])) {
      throw refused(`summary.${field}`, 'does not agree with genesis');
    }
  }
}

/** Of text, numbers, and lists of them: what a stranger has nested deeply is never walked through. */
function isSame(given: unknown, expected: unknown): boolean {
  if (!Array.isArray(expected)) return given === expected;
  return Array.isArray(given) && given.length === expected.length && expected.every((item, i) => item === given[i]);
}

function checkGateways(network: Network, gateways: unknown): Gateways {
  if (!isObject(gateways)) throw refused('gateways', 'must be an object');
  const names = network.banks.map(bank => bank.name);
  const checked = Object.entries(gateways).map(([name, url]): [string, string] => {
    if (!names.includes(name)) throw refused(`gateways.${name}`, 'is no bank of the network');
    if (!isGatewayUrl(url)) throw refused(`gateways.${name}`, 'must be an http or https URL');
    return [name, url];
  });
  return Object.fromEntries(checked);
}

function isGatewayUrl(url: unknown): url is string {
  return (
    typeof url === 'string' &&
    url.length <= urlLengthMax &&
    /^https?:\/\//.test(url) &&
    URL.canParse(url) &&
    new URL(url).username === ''
  );
}
