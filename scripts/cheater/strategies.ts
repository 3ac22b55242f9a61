/**
 * Cheats that take more than one changed field: those that the protocol's reasoning names. Each is played by every bank of two,
 * three and four.
 *
 *     in a block       `block-strategies.ts`: own shares, coins, keys guessed, inputs split between verifiers
 *     statements       two that contradict each other, and accusations: the cheater signs both with its own key
 *     sponsors         a packet under another header
 *     bets             one bit of another bank's secret guessed, and a message changed so that it matters: lost it is noticed,
 *                      won nothing has changed; played with several seeds
 */
import { announceGroup } from '../../src/agreement/announcement.js';
import { decodeMessage, encodeMessage, type Message as Said } from '../../src/agreement/messages.js';
import { rootVoidStatement, type Signed } from '../../src/agreement/statements.js';
import {
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  encodeAgreementFrame,
  encodeEnvelopeFrame,
} from '../../src/bank/transport.js';
import { ed25519, hash } from '../../src/crypto/index.js';
import { decodeHeader, encodeHeader, envelopeId } from '../../src/envelope/index.js';
import { assert } from '../../src/errors.js';
import { committedStatement, recordStatement } from '../../src/ledger/log.js';
import { NetworkWorld } from '../../test/harness/network.js';
import { blockStrategies } from './block-strategies.js';
import { casesOf, record } from './cases.js';
import { type Deviation, type Edit, nameOf } from './deviations.js';
import { expectationOf } from './expectations.js';
import { type Outcome, play } from './play.js';
import { stageOf, worldOptions } from './stage.js';
import { type Story, stories } from './stories.js';
import { type Row, rowOf } from './table.js';

export interface Strategy {
  readonly name: string;
  readonly banksMin: number;
  readonly banksMax?: number;
  run(banks: number, cheater: number): Promise<readonly Row[]>;
}

/** Seeds of one bet. */
const betsMax = 4;

interface Statement {
  readonly name: string;
  readonly kind: string;
  readonly outcomes: readonly Outcome[];
  readonly why: string;
  /** What is said beside the message, or in its place. */
  readonly say: (said: Said, as: Signer) => readonly Said[];
}

interface Signer {
  readonly networkId: Uint8Array;
  readonly banks: number;
  readonly cheater: number;
  readonly sign: (statement: Uint8Array) => Uint8Array;
}

const signedBy = ({ networkId, cheater, sign }: Signer, signed: Signed): Said => ({
  kind: 'signed',
  signed: { ...signed, signature: sign(recordStatement(networkId, signed, cheater, signed.commitment)) },
});

const statements: readonly Statement[] = [
  {
    name: 'signs a record and voids its attempt',
    kind: 'message/signed',
    outcomes: ['named'],
    why: 'both together are proof',
    say: (said, { networkId, cheater, sign }) => {
      assert(said.kind === 'signed', 'a signature');
      const { height, attempt } = said.signed;
      const signature = sign(rootVoidStatement(networkId, said.signed, cheater));
      return [said, { kind: 'void', void: { height, attempt, bank: cheater, root: undefined, signature } }];
    },
  },
  {
    name: 'signs two records of one attempt',
    kind: 'message/signed',
    outcomes: ['named', 'stopped'],
    why: 'both together are proof; who was shown only the wrong one halts',
    say: (said, as) => {
      assert(said.kind === 'signed', 'a signature');
      return [signedBy(as, { ...said.signed, recordHash: hash('cheater/record') }), said];
    },
  },
  {
    name: 'says it has committed two records',
    kind: 'message/committed',
    outcomes: ['named', 'stopped'],
    why: 'both together are proof',
    say: (said, { networkId, sign }) => {
      assert(said.kind === 'committed', 'a word');
      const { height } = said.committed;
      const other = hash('cheater/record');
      return [
        said,
        {
          kind: 'committed',
          committed: { height, hash: other, signature: sign(committedStatement(networkId, height, other)) },
        },
      ];
    },
  },
  {
    name: 'accuses an honest bank',
    kind: 'message/proposal',
    outcomes: ['stopped'],
    why: 'the network halts; the accusation is the accuser’s word and names nobody',
    say: (said, { cheater, banks }) => [
      said,
      { kind: 'accusation', evidence: { kind: 'accusation', culprit: (cheater + 1) % banks, why: 'it has red hair' } },
    ],
  },
  {
    name: 'shows a proof that proves nothing',
    kind: 'message/proposal',
    outcomes: ['named'],
    why: 'whoever shows it is named',
    say: (said, { cheater, banks }) => {
      const word = (of: string) => ({ height: 1, hash: hash(of), signature: new Uint8Array(64) });
      const bank = (cheater + 1) % banks;
      const proof = { kind: 'two-committed', bank, first: word('a'), second: word('b') } as const;
      return [said, { kind: 'accusation', evidence: { kind: 'proof', proof } }];
    },
  },
];

const storyNamed = (name: string): Story => {
  const story = stories.find(each => each.name === name);
  assert(story !== undefined, 'a story of this name');
  return story as Story;
};

/** The network of a stage has the keys that any world of its shape has. */
function signerOf(banks: number, pageSize: number, cheater: number): Signer {
  const { network, identitySeeds } = new NetworkWorld(worldOptions(banks, pageSize, 'dealt', 'keys'));
  const sign = (statement: Uint8Array) => ed25519.sign(identitySeeds[cheater], statement);
  return { networkId: network.id, banks, cheater, sign };
}

async function playOne(
  story: Story,
  banks: number,
  cheater: number,
  name: string,
  kind: string,
  does: Edit,
  expected: readonly Outcome[],
  why: string,
): Promise<Row[]> {
  const stage = await stageOf(banks, story.pageSize, story.stock);
  const deviation: Deviation = { kind, field: '', change: name, to: 'all', does };
  const result = await play(stage, story, cheater, deviation);
  assert(result.done > 0, `${name}: it was done`);
  return [{ ...rowOf({ story, stage, cheater, deviation }, result), deviation: `strategy, ${name}`, expected, why }];
}

function saying({ name, kind, outcomes, why, say }: Statement): Strategy {
  return {
    name,
    banksMin: 2,
    run: (banks, cheater) => {
      const story = storyNamed('a block');
      const signer = signerOf(banks, story.pageSize, cheater);
      const edit: Edit = bytes => {
        const frame = decodeAgreementFrame(bytes);
        assert(frame.kind === 'message', 'a message of the agreement');
        return say(decodeMessage(frame.bytes, banks), signer).map(said =>
          encodeAgreementFrame({ ...frame, bytes: encodeMessage(said) }),
        );
      };
      return playOne(story, banks, cheater, name, kind, edit, outcomes, why);
    },
  };
}

/** The sponsor changes what it likes in the header, announces the new id, and passes the old packets on under it. */
const anotherHeader: Strategy = {
  name: 'passes packets on under another header',
  banksMin: 2,
  run: (banks, cheater) => {
    // pages of several slots: no signature of the holder stands over the id
    const story: Story = { ...storyNamed('an envelope by the cheater'), pageSize: 3 };
    const { networkId, sign } = signerOf(banks, story.pageSize, cheater);
    const edit: Edit = bytes => {
      const frame = decodeEnvelopeFrame(bytes, banks);
      assert(frame.kind === 'forward', 'envelopes');
      const headers = frame.envelopes.map(each => {
        const decoded = decodeHeader(each.header);
        return { ...decoded, nonce: decoded.nonce.map(byte => byte ^ 1) };
      });
      const [{ announcement }] = frame.envelopes;
      const announced = announceGroup(networkId, cheater, announcement.group.first, headers.map(envelopeId), sign);
      const envelopes = frame.envelopes.map((each, k) => ({
        ...each,
        announcement: announced[k],
        header: encodeHeader(headers[k]),
      }));
      return encodeEnvelopeFrame({ kind: 'forward', envelopes });
    };
    return playOne(
      story,
      banks,
      cheater,
      'passes packets on under another header',
      'forward',
      edit,
      ['named', 'refused', 'unmoved', 'restarted'],
      'no packet opens under a header it was not sealed for; the right one is asked for',
    );
  },
};

const bets: readonly (readonly [secret: string, story: string, deviation: string])[] = [
  ['a place of Delta, as the trees are grown', 'base OTs', 'preprocessing/puncturedTrees, sums, a bit flipped'],
  [
    'bits of Delta, in the extension',
    'a pair is made ready',
    'preprocessing/extensionCorrections, corrections, a bit flipped',
  ],
  ['the first bit of D, in the base VOLE', 'a pair is made ready', 'preprocessing/voleRows, rows, another value'],
  ['the last bit of D, in the base VOLE', 'a pair is made ready', 'preprocessing/voleRows, rows, another last element'],
  ['a place of the noise', 'a pair is made ready', 'preprocessing/pointSums, sums, a bit flipped'],
  ['a bit of a selector', 'products are made', 'preprocessing/productCorrections, corrections, another value'],
];

function betting([secret, of, change]: (typeof bets)[number]): Strategy {
  const name = `bets on ${secret}`;
  return {
    name,
    banksMin: 2,
    run: async (banks, cheater) => {
      const story = { ...storyNamed(of), ...(of === 'base OTs' ? { stock: 'made over a toy group' as const } : {}) };
      const recording = await record(story, banks, cheater);
      const found = casesOf(recording, true).find(({ deviation }) => nameOf(deviation) === change);
      assert(found !== undefined, `${change} is a deviation`);
      const each = found as NonNullable<typeof found>;
      const rows: Row[] = [];
      for (let seed = 0; seed < betsMax; seed++) {
        const result = await play(each.stage, story, cheater, each.deviation, `${name} ${seed}`);
        rows.push({
          ...rowOf(each, result),
          deviation: `strategy, ${name}`,
          expected: expectationOf(each.deviation).outcomes,
        });
      }
      return rows;
    },
  };
}

export const strategies: readonly Strategy[] = [
  ...blockStrategies,
  ...statements.map(saying),
  anotherHeader,
  ...bets.map(betting),
];
