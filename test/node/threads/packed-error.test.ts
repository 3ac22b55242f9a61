/** Errors cross threads without loss, and without what is ours alone. */
import test from 'ava';
import { packError, unpackError } from '../../../node/threads/index.js';
import { CovaultError } from '../../../src/errors.js';

test('errors keep code, facts and culprit; our own keep their message and place; what has no such code is none', t => {
  const known = new CovaultError('DEVIATION', 'bank 2 deviated', { check: 'rows', due: 7 }, 2);
  const again = unpackError(structuredClone(packError(known)));
  t.true(again instanceof CovaultError);
  t.like(again, { code: 'DEVIATION', message: 'bank 2 deviated', facts: { check: 'rows', due: 7 }, culprit: 2 });
  const own = new Error('assertion failed: x');
  const told = unpackError(structuredClone(packError(own)));
  t.false(told instanceof CovaultError);
  t.deepEqual([told.message, told.stack], [own.message, own.stack]);
  t.is(unpackError(packError('a string')).message, 'unknown');
  t.false(unpackError({ ...packError(known), code: 'NO_SUCH_CODE' }) instanceof CovaultError);
});
