/** Headers: one encoding each, kept or made anew. */
import test from 'ava';
import { equalBytes } from '../../../src/crypto/index.js';
import { decodeHeader, encodeCore, encodeHeader, envelopeId, headerId } from '../../../src/envelope/index.js';
import { transferEnvelope } from '../../harness/banks.js';
import { NetworkWorld } from '../../harness/network.js';

test('a decoded header has the encoding that it came in, and a copy of it that of what it says', t => {
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [9n, 0n, 0n] });
  const { header } = transferEnvelope(world, 0, 1, 1n).envelope;
  const bytes = encodeHeader(header);
  const decoded = decodeHeader(bytes);
  t.deepEqual(decoded, header);
  for (const each of [decoded, { ...decoded }]) {
    t.deepEqual(encodeHeader(each), bytes);
    t.deepEqual(encodeCore(each), encodeCore(header));
    t.deepEqual(envelopeId(each), headerId(bytes));
  }
  const other = { ...decoded, expiry: decoded.expiry + 1 };
  t.false(equalBytes(encodeHeader(other), bytes));
  t.deepEqual(decodeHeader(encodeHeader(other)), other);
  t.false(equalBytes(encodeCore(other), encodeCore(decoded)));
});
