/**
 * Every attack that protocol.md, section 12, names: the test that plays it against the code, and the one in which the defence is
 * taken away and it succeeds. `index.test.ts` sees to it that they exist. What is missing stands here with its reason.
 */

/** A file of `test/`, and a part of a test's title in it. */
export type Played = readonly [file: string, title: string];

export interface Attack {
  readonly attack: string;
  readonly played: readonly Played[] | string;
  /** Or why there is none. */
  readonly removed: readonly Played[] | string;
}

const removed = 'attacks/defences-removed.test.ts';
const shared = 'attacks/shared-masks.test.ts';
const sponsors = 'attacks/sponsors.test.ts';
const agreement = 'attacks/agreement.test.ts';
const cheats = 'scripts/cheater/cheat.test.ts';
const strategies = '../scripts/cheater/block-strategies.ts';
const attacks = 'src/agreement/attacks.test.ts';
const link = 'src/preprocessing/key-link.test.ts';
const forged = 'src/ledger/forged-envelopes.test.ts';
const unchecked = 'src/ledger/unchecked.test.ts';
const divided = 'src/ledger/divided-banks.test.ts';
const input = 'src/bank/bad-input.test.ts';
const plan = 'src/agreement/plan.test.ts';
const memos = 'src/wallet/memos.test.ts';

const unbuilt = 'not built: the operation does not exist yet';
const rule = 'the defence is a rule of what is computed, with no check that could be left out alone';

export const attackIndex: readonly Attack[] = [
  {
    attack: 'a verifier that uses another D in one session and returns',
    played: [
      [link, 'a verifier that uses another key and opens all the same is named'],
      [link, 'a verifier that changed its key, hung up and returns with what it learned is named'],
    ],
    removed: [[link, 'canary: a sharer that does not compare lets another key in']],
  },
  {
    attack: 'a link element used twice',
    played: [[link, 'after a verifier that hung up, and after a crash, the next element serves']],
    removed: [[link, 'canary: with an element used twice that verifier passes']],
  },
  {
    attack: 'a gateway that reuses packets under another header',
    played: [[input, 'packets under another header are refused as seen before, and never run']],
    removed: [[removed, 'without key parts that are seen once, packets under another header run a second time']],
  },
  {
    attack: 'zero results of holder-masked products opened for an envelope whose tag check failed',
    played: [['src/ledger/cheating-bank.test.ts', 'nothing is opened for an envelope that was rejected']],
    removed: [[removed, 'if an envelope whose tag check failed went on, what its masks hide would be opened']],
  },
  {
    attack: 'sign then void',
    played: [[attacks, 'sign then void: both together are proof that anybody can check']],
    removed: [[removed, 'without votes that are kept together, a bank signs and voids']],
  },
  {
    attack: 'certificate shown to one bank only',
    played: [
      [attacks, 'certificate shown to one bank only: the other asks for it, and gets it'],
      [attacks, 'certificate shown to one bank only, a void to the other: both end with the record, and with proof'],
    ],
    removed: [[removed, 'without asking for it, a certificate shown to one bank leaves the other behind']],
  },
  {
    attack: 'a void set shown to a wallet whose envelope then settles',
    played: [[attacks, 'a void set shown to a wallet whose envelope then settles']],
    removed: 'a wallet reads no voids at all: there is nothing to take away',
  },
  {
    attack: 'burned lists told differently to different banks',
    played: [[attacks, 'burned lists told differently: the proposals’ digests part']],
    removed: [
      [agreement, 'without the digest of the proposals, burned lists told differently make honest banks accuse'],
    ],
  },
  {
    attack: 'an id both ready and burned',
    played: [[attacks, 'an id both ready and burned: it is left out, burned by all, and never runs again']],
    removed: rule,
  },
  {
    attack: 'adopt signed for two attempts',
    played: [
      [
        'src/bank/adopt.test.ts',
        'a bank signs to adopt one attempt of a height, and none against what it has committed',
      ],
      ['src/agreement/adopting.test.ts', 'a bank that has signed to adopt an attempt signs and accepts nothing else'],
    ],
    removed: [['src/bank/adopt.test.ts', 'canary: a bank that does not store its word first signs for two attempts']],
  },
  {
    attack: 'a message of an attempt sent after its void',
    played: [[attacks, 'a message of an attempt sent after its void: an honest bank sends none']],
    removed: [[agreement, 'a bank that did not stop with its void would be convicted, honest as it is']],
  },
  {
    attack: '"expired" told while it had settled earlier',
    played: [
      ['src/wallet/follow.test.ts', 'in the record at its expiry an envelope still counts'],
      ['src/wallet/follow.test.ts', 'nothing counts of an answer with anything wrong in it'],
    ],
    removed: [[agreement, 'a wallet that checked no certificates would be told "expired" of what has settled']],
  },
  {
    attack: 'coin copying with n = 2',
    played: [
      ['src/ledger/cheating-bank.test.ts', 'a coin copied from another bank is found at the reveal'],
      [strategies, 'copies the coin of the other bank'],
    ],
    removed: [[removed, 'without commitments that are bound to their bank, a copied coin passes']],
  },
  {
    attack: 'one tau for a large block',
    played: [[shared, 'a holder that guesses one of the two points is rejected at the other']],
    removed: [[shared, 'with one tau a holder that guesses it takes what is another’s']],
  },
  {
    attack: 'inputs split between verifiers by holder and bank',
    played: [
      [divided, 'an input that differs between two verifiers parts the digests'],
      [strategies, 'gives two verifiers different inputs'],
    ],
    removed: [
      [divided, 'without the consistency opening two verifiers hold one input of two values'],
      [cheats, 'canary: without the consistency opening two verifiers hold two values'],
    ],
  },
  {
    attack: 'two outputs from one set of TAU copies, or from one raw tuple',
    played: 'a lot has one output, and what it came from is thrown away: there is no second to ask for',
    removed: [
      [shared, 'with two outputs from one raw tuple, two reads of a page tell whether their slots are the same'],
    ],
  },
  {
    attack: 'a partly known beta',
    played: [
      [
        'src/preprocessing/products.test.ts',
        "a payload changed in one OT fails the sacrifice when the selector's bit is 1",
      ],
    ],
    removed: [
      ['src/preprocessing/products.test.ts', 'canary: without the sacrifice the same cheats leave wrong products'],
    ],
  },
  {
    attack: 'M^ shared by tuples',
    played: rule,
    removed: [[shared, 'with one M^ for two tuples, two reads of a page tell who paid whom and how much']],
  },
  {
    attack: 'a key-mask series used on two pages',
    played: 'there are no series: every tuple has masks of its own',
    removed: rule,
  },
  {
    attack: 'closed slots with key 0',
    played: [[forged, 'slots that are no slots, and keys of others, are rejected at the right check']],
    removed: [[unchecked, 'without the linear claims a holder empties a slot that nobody has opened']],
  },
  {
    attack: 'two rekeys of one slot in a block',
    played: [
      [plan, 'a page has one rekey in a block, later ones wait'],
      ['src/ledger/rekey.test.ts', 'of two rekeys of one page in a block one counts'],
    ],
    removed: rule,
  },
  { attack: 'redeem of a cancelled transfer', played: unbuilt, removed: unbuilt },
  {
    attack: 'restored backup and replayed packets',
    played: [
      ['src/agreement/blocks.test.ts', 'a bank that says another height in a session than when it formed is named'],
      [
        'src/agreement/old-disk.test.ts',
        'one height behind: the certificate holds a signature that the old disk does not',
      ],
      ['src/agreement/old-disk.test.ts', 'of the same height: the others tell it what it has signed and voided since'],
      [
        'src/agreement/old-disk.test.ts',
        'copied between mark and signature: it voids nothing before the others have told',
      ],
      ['src/bank/old-disk.test.ts', 'a bank on an old copy of its disk refuses itself'],
      [
        'src/bank/old-disk.test.ts',
        'copied while it computed the block that is still undecided, the bank refuses itself',
      ],
      ['src/bank/rebuild.test.ts', 'rebuilt to the last height, the bank goes on under the next roster'],
      [input, 'packets under another header are refused as seen before, and never run'],
    ],
    removed: [
      [removed, 'without the new roster that a rebuilt bank comes back under, packets it has forgotten run again'],
      [agreement, 'a bank on a backup that voided before the others told it what it signed would be convicted'],
      ['../scripts/explorer/mutants.ts', 'a bank that starts with a mark voids when the others have told'],
    ],
  },
  {
    attack: 'selective failure against D across lifts',
    played: [
      ['src/preprocessing/burned-pair.test.ts', 'a failed check burns the pair’s key before it is told'],
      ['../scripts/cheater/strategies.ts', 'the first bit of D, in the base VOLE'],
      ['src/bank/pardon.test.ts', 'a bank that brings other shares under its new key is named, nothing is switched'],
    ],
    removed: [[removed, 'without burning, a key of which a lost bet has told a bit enters the next session']],
  },
  {
    attack: 'unsalted hashes of 61-bit values',
    played: [[link, 'a verifier that finds the values different opens nothing']],
    removed: 'the attack is a search of 2^61',
  },
  {
    attack: 'grinding for a place in the block',
    played: [[plan, 'sponsors take turns, and the first one changes with the height']],
    removed: rule,
  },
  {
    attack: 'filling a page’s waves',
    played: [[plan, 'a sponsor has its share of a block and of the waves of a page, and no more']],
    removed: rule,
  },
  {
    attack: 'garbage under somebody’s id',
    played: [[input, "garbage under somebody's id leaves no trace, and the envelope is settled when it comes"]],
    removed: rule,
  },
  {
    attack: 'non-unit e, bits that are not bits, amounts over 2^m or negative',
    played: [
      [forged, 'amounts that are no amounts are rejected by the proof'],
      [forged, 'every gate that does not hold is found, each alone'],
      [forged, 'slots that are no slots, and keys of others, are rejected at the right check'],
    ],
    removed: [
      [unchecked, 'without the proof a holder pays a negative amount and takes what is another'],
      [unchecked, 'without the authority check a holder pays from another'],
    ],
  },
  {
    attack: 'payer = payee, r all ones, a = 0, b = 0, b = 2^60 - 1',
    played: [[forged, 'edge values are settled right, with masks of all ones and all zeros']],
    removed: 'edges of the arithmetic: right or wrong, with nothing to leave out',
  },
  // found since
  {
    attack: 'a sponsor that gives one envelope two numbers, towards two banks',
    played: [[attacks, 'a sponsor that gives one envelope two numbers, or two envelopes one, is convicted']],
    removed: [[removed, 'without a look at what proposals contradict, an envelope of two numbers waits']],
  },
  {
    attack: 'an accusation of an honest bank, told to the others',
    played: [
      [attacks, 'what another bank tells is its word'],
      ['../scripts/cheater/strategies.ts', 'accuses an honest bank'],
    ],
    removed: rule,
  },
  {
    attack: 'a root shown with another size than the one that was signed',
    played: [['src/agreement/announcement.test.ts', 'a root that is also one of fewer leaves says nothing of them']],
    removed: [[sponsors, 'without the size in the signature, its honest sponsor']],
  },
  {
    attack: 'a node of a tree presented as an id',
    played: [
      ['src/agreement/id-tree.test.ts', 'a node is no leaf, and a leaf no node'],
      [sponsors, 'a node shown as an id convicts nobody, not even where the signature says no size'],
    ],
    removed:
      'labels, the length of ids and the signed size stand in its way, each by itself: with any one of them gone it fails still',
  },
  {
    attack: 'another signature beside a root that was verified',
    played: [
      [
        'src/agreement/announcement.test.ts',
        'nothing unverified is remembered, and no other signature rides along with one that was verified',
      ],
    ],
    removed: [[sponsors, 'known by its words alone it is kept, and convicts nobody']],
  },
  {
    attack: 'a refused envelope that already had a number',
    played: [['src/bank/sponsoring.test.ts', 'what is refused has no number, and gets its only one when it is taken']],
    removed: [
      [sponsors, 'an envelope that was numbered before it was refused convicts its honest sponsor when it comes again'],
    ],
  },
  {
    attack: 'a memo that lies, or is sent again under a payment of one that guesses what it says',
    played: [
      [memos, 'a payer that tells another verdict, amount, text or payee than the banks computed with is not believed'],
      [
        memos,
        'a memo copied under a payment of the same amount, by somebody who guesses what it says, is no memo there',
      ],
    ],
    removed: rule,
  },
  {
    attack: 'a bank that shows a payee one payment many times',
    played: [[memos, 'a bank that shows a payment twice makes nobody richer']],
    removed: rule,
  },
  {
    attack: 'filling a sponsor’s list with rekeys of one page, or opens of one slot',
    played: [['src/agreement/pool.test.ts', ', of which a block takes one, keep nothing else out of the list']],
    removed: rule,
  },
];
