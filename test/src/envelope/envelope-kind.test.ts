/** The kind of an envelope, told before it is decoded. */
import test from 'ava';
import fc from 'fast-check';
import {
  type Arguments,
  decodeEnvelope,
  encodeEnvelope,
  envelopeId,
  envelopeKind,
  type Header,
} from '../../../src/envelope/index.js';

const key = new Uint8Array(32).fill(1);
const all: Arguments[] = [
  { kind: 'transfer', payerPage: 1, payeePage: 2, memo: new Uint8Array(160) },
  { kind: 'open', account: 3, publicKeys: undefined },
  { kind: 'open', account: 3, publicKeys: { spending: key, viewing: key } },
  { kind: 'reveal', page: 4 },
  { kind: 'audit', bank: 0 },
];

function encoded(args: Arguments): Uint8Array {
  const header: Header = {
    networkId: key,
    rosterVersion: 7,
    arguments: args,
    expiry: 9,
    nonce: key.slice(0, 16),
    explicitBank: 1,
    keyHashes: [key, key],
    clientTag: 5n,
  };
  return encodeEnvelope({ id: envelopeId(header), header, signature: undefined, packets: [key, key] });
}

test('the kind is told before anything is decoded, and is the one that decoding tells', t => {
  for (const args of all) {
    const bytes = encoded(args);
    t.is(envelopeKind(bytes), args.kind);
    t.is(decodeEnvelope(bytes).header.arguments.kind, args.kind);
  }
  t.is(envelopeKind(new Uint8Array(0)), undefined);
  t.is(envelopeKind(encoded(all[0]).subarray(0, 40)), undefined);
});

test('bytes that were changed are refused, or still are of the kind that was told', t => {
  const change = fc.tuple(fc.constantFrom(...all), fc.nat({ max: 80 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(change, ([args, at, value]) => {
      const bytes = encoded(args);
      bytes[at] = value;
      let decoded: string | undefined;
      try {
        decoded = decodeEnvelope(bytes).header.arguments.kind;
      } catch {
        return;
      }
      if (decoded !== envelopeKind(bytes)) throw new Error(`told ${envelopeKind(bytes)}, is ${decoded}`);
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});
