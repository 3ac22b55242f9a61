/** Who a client is to the limits, and which addresses are proxies. */
import test from 'ava';
import { clientOf, inNetworks, isNetwork } from '../../../node/gateway/client-of.js';

test('a client is an IPv4 address or a network of IPv6', t => {
  t.is(clientOf('10.0.0.1'), '10.0.0.1');
  t.is(clientOf('::ffff:10.0.0.1'), '10.0.0.1');
  t.is(clientOf('::1'), '0:0:0:0');
  t.is(clientOf('2001:db8::1'), '2001:db8:0:0');
  t.is(clientOf('2001:db8:0:0:1:2:3:4'), '2001:db8:0:0');
  t.is(clientOf('2001:0db8:0000:0007::'), '2001:db8:0:7');
});

test('networks are addresses with a length that fits them', t => {
  for (const right of ['127.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '2001:db8::1/128'])
    t.true(isNetwork(right), right);
  for (const wrong of [
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'proxy.example',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    'loopback',
  ]) {
    t.false(isNetwork(wrong), wrong);
  }
});

test('an address is in a network, also in the form of an IPv6 socket; nothing is in none', t => {
  const isProxy = inNetworks(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
  for (const right of ['10.200.0.1', '::ffff:10.200.0.1', '127.0.0.1', 'fd00::17']) t.true(isProxy(right), right);
  for (const wrong of ['11.0.0.1', '127.0.0.2', 'fe80::1', '', 'nonsense']) t.false(isProxy(wrong), wrong);
  t.false(inNetworks([])('127.0.0.1'));
});
