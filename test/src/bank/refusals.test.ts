/** What a bank refuses when it is handed in: each with its own code, and nothing of it is left anywhere. */
import test from 'ava';
import { ed25519, hash } from '../../../src/crypto/index.js';
import { blankMemo, type Envelope, encodeEnvelope, envelopeId } from '../../../src/envelope/index.js';
import { type ErrorCode, isCode } from '../../../src/errors.js';
import { expiryHeightsMax } from '../../../src/limits.js';
import { buildOpen, buildRekey, buildTransfer } from '../../../src/operations/index.js';
import {
  accountKeys,
  auditEnvelope,
  claimSeed,
  envelopeOf,
  openEnvelope,
  rekeyEnvelope,
  revealEnvelope,
  transferEnvelope,
} from '../../harness/banks.js';
import { balances, flipped, pay, sealed, started, traces } from '../../harness/holders.js';
import type { NetworkWorld } from '../../harness/network.js';

type Case = readonly [what: string, code: ErrorCode, make: (world: NetworkWorld) => Envelope | Uint8Array];

const everywhere: Case[] = [
  ['another network', 'WRONG_NETWORK', world => sealed(world, { network: { id: hash('another') } })],
  ['another roster version', 'WRONG_ROSTER', world => sealed(world, { network: { rosterVersion: 1 } })],
  [
    'more banks than there are',
    'MALFORMED',
    world => sealed(world, { network: { banks: [...world.network.banks, world.network.banks[0]] } }),
  ],
  ['an expiry that has passed', 'EXPIRED', world => sealed(world, { expiry: world.bank(0).status().height })],
  [
    'an expiry too far away',
    'EXPIRY_TOO_FAR',
    world => sealed(world, { expiry: world.bank(0).status().height + 2 + expiryHeightsMax }),
  ],
  ['a payer that does not exist', 'UNKNOWN_ACCOUNT', world => sealed(world, { payer: 6 })],
  ['a payee that does not exist', 'UNKNOWN_ACCOUNT', world => sealed(world, { payee: 0xffff_ffff })],
  ['an account that does not exist, to open', 'UNKNOWN_ACCOUNT', world => openEnvelope(world, 6)],
  ['an account that is open, to open', 'SLOT_OPEN', world => openEnvelope(world, 0)],
  [
    'a funded slot without its claim key',
    'BAD_SIGNATURE',
    world => ({ ...openEnvelope(world, 2), signature: undefined }),
  ],
  [
    'a funded slot under the claim key of another',
    'BAD_SIGNATURE',
    world => {
      const envelope = openEnvelope(world, 2);
      return { ...envelope, signature: ed25519.sign(claimSeed(1), envelope.id) };
    },
  ],
  ['an audit that no operator signed', 'BAD_SIGNATURE', world => auditEnvelope(world)],
  ['an audit signed by another bank', 'BAD_SIGNATURE', world => auditEnvelope(world, world.identitySeeds[1])],
  [
    "the sponsor's own packet changed",
    'PACKET_UNREADABLE',
    world => {
      const { envelope } = transferEnvelope(world, 0, 1, 1n);
      return { ...envelope, packets: envelope.packets.map((packet, i) => (i === 0 ? flipped(packet) : packet)) };
    },
  ],
  [
    'the packets of two banks exchanged, one of them with its share in full',
    'MALFORMED',
    world => {
      const { envelope } = transferEnvelope(world, 0, 1, 1n);
      const { explicitBank } = envelope.header;
      const other = (explicitBank + 1) % envelope.packets.length;
      const from = (bank: number) => ({ [explicitBank]: other, [other]: explicitBank })[bank] ?? bank;
      return { ...envelope, packets: envelope.packets.map((_, bank) => envelope.packets[from(bank)]) };
    },
  ],
  [
    'another expiry written into the header',
    'PACKET_UNREADABLE',
    world => {
      // K = 1: signed again by the holder, so that the packets are what is wrong
      const { envelope } = transferEnvelope(world, 0, 1, 1n);
      const header = { ...envelope.header, expiry: envelope.header.expiry + 1 };
      const id = envelopeId(header);
      const { signature } = envelope;
      return { ...envelope, header, signature: signature && ed25519.sign(accountKeys(0).spendingSeed, id) };
    },
  ],
  [
    'an input vector that is an element short',
    'MALFORMED',
    world => {
      const { network, random } = world;
      const { x } = buildTransfer(network, { amount: 1n, payerSlot: 0, payeeSlot: 1, spendingKey: 1n }, random);
      const sign = (id: Uint8Array) => ed25519.sign(accountKeys(0).spendingSeed, id);
      const args = { kind: 'transfer', payerPage: 0, payeePage: 1, memo: blankMemo(random) } as const;
      // the explicit bank notices: draw until it is the sponsor
      for (;;) {
        const envelope = envelopeOf(world, args, x.subarray(1), network.pageSize === 1 ? sign : undefined);
        if (envelope.header.explicitBank === 0) return envelope;
      }
    },
  ],
  ['no bytes at all', 'MALFORMED', () => new Uint8Array(0)],
  [
    'half an envelope',
    'MALFORMED',
    world => encodeEnvelope(transferEnvelope(world, 0, 1, 1n).envelope).subarray(0, 200),
  ],
  [
    'a byte too many',
    'MALFORMED',
    world => Uint8Array.of(...encodeEnvelope(transferEnvelope(world, 0, 1, 1n).envelope), 0),
  ],
  ['more bytes than an envelope may have', 'OVERSIZED', () => new Uint8Array(1_000_000)],
];

const publicSlots: Case[] = [
  ['new keys for a closed account', 'SLOT_CLOSED', world => rekeyEnvelope(world, 4)],
  ['new keys that nobody signed', 'BAD_SIGNATURE', world => ({ ...rekeyEnvelope(world, 0), signature: undefined })],
  [
    'new keys signed under the viewing key',
    'BAD_SIGNATURE',
    world => {
      const envelope = rekeyEnvelope(world, 0);
      return { ...envelope, signature: ed25519.sign(accountKeys(0).viewingSeed, envelope.id) };
    },
  ],
  [
    'new keys signed under the new spending key',
    'BAD_SIGNATURE',
    world => {
      const envelope = rekeyEnvelope(world, 0);
      return { ...envelope, signature: ed25519.sign(accountKeys(0, 1).spendingSeed, envelope.id) };
    },
  ],
  [
    'a rekey without new keys',
    'MALFORMED',
    world =>
      envelopeOf(
        world,
        { kind: 'rekey', page: 0, publicKeys: undefined },
        buildRekey(world.network, undefined, world.random),
      ),
  ],
  ['a payee that is closed', 'SLOT_CLOSED', world => transferEnvelope(world, 0, 4, 1n).envelope],
  ['a payer that is closed', 'SLOT_CLOSED', world => transferEnvelope(world, 2, 0, 1n).envelope],
  ['a closed account, to reveal', 'SLOT_CLOSED', world => revealEnvelope(world, 4).envelope],
  ['no signature', 'BAD_SIGNATURE', world => ({ ...transferEnvelope(world, 0, 1, 1n).envelope, signature: undefined })],
  [
    'the signature of another holder',
    'BAD_SIGNATURE',
    world => {
      const { envelope } = transferEnvelope(world, 0, 1, 1n);
      return { ...envelope, signature: ed25519.sign(accountKeys(1).spendingSeed, envelope.id) };
    },
  ],
  [
    'a transfer under the viewing key',
    'BAD_SIGNATURE',
    world => {
      const { envelope } = transferEnvelope(world, 0, 1, 1n);
      return { ...envelope, signature: ed25519.sign(accountKeys(0).viewingSeed, envelope.id) };
    },
  ],
  [
    'a signature over another envelope',
    'BAD_SIGNATURE',
    world => ({
      ...transferEnvelope(world, 0, 1, 1n).envelope,
      signature: transferEnvelope(world, 0, 1, 1n).envelope.signature,
    }),
  ],
  [
    'an open without public keys',
    'MALFORMED',
    world =>
      envelopeOf(
        world,
        { kind: 'open', account: 4, publicKeys: undefined },
        buildOpen(world.network, undefined, world.random),
      ),
  ],
];

const hiddenSlots: Case[] = [
  [
    'a rekey with public keys',
    'MALFORMED',
    world => {
      const publicKeys = { spending: new Uint8Array(32), viewing: new Uint8Array(32) };
      const secrets = { slot: 0, before: accountKeys(0), after: accountKeys(0, 1) };
      return envelopeOf(
        world,
        { kind: 'rekey', page: 0, publicKeys },
        buildRekey(world.network, secrets, world.random),
      );
    },
  ],
  [
    'new keys for a page that does not exist',
    'UNKNOWN_ACCOUNT',
    world => {
      const secrets = { slot: 0, before: accountKeys(0), after: accountKeys(0, 1) };
      const args = { kind: 'rekey', page: 2, publicKeys: undefined } as const;
      return envelopeOf(world, args, buildRekey(world.network, secrets, world.random));
    },
  ],
  [
    'a signature where none is due',
    'MALFORMED',
    world => ({ ...transferEnvelope(world, 0, 1, 1n).envelope, signature: new Uint8Array(64) }),
  ],
  [
    'an open with public keys',
    'MALFORMED',
    world => {
      const publicKeys = { spending: new Uint8Array(32), viewing: new Uint8Array(32) };
      return envelopeOf(
        world,
        { kind: 'open', account: 4, publicKeys },
        buildOpen(world.network, accountKeys(4), world.random),
      );
    },
  ],
];

for (const [banks, pageSize, cases] of [
  [2, 1, [...everywhere, ...publicSlots]],
  [3, 3, [...everywhere, ...hiddenSlots]],
] as const) {
  test(`what no bank may take is refused with its own code and leaves no trace: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = await started(banks, pageSize);
    t.teardown(() => world.stopAll());
    const before = traces(world);
    for (const [what, code, make] of cases) {
      const made = make(world);
      const bytes = made instanceof Uint8Array ? made : encodeEnvelope(made);
      const error = await t.throwsAsync(() => world.bank(0).submit(bytes), undefined, what);
      t.true(isCode(error, code), `${what}: ${error?.message}`);
      if (!(made instanceof Uint8Array)) t.deepEqual(await world.bank(0).envelope(made.id), { state: 'unknown' }, what);
      t.deepEqual(traces(world), before, what);
    }
    t.true(await pay(world, 0, 0, 1, 10n));
    t.deepEqual(await balances(world, [0, 1, 3]), [90n, 210n, 0n]);
  });
}
