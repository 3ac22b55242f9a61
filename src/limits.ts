/**
 * Every bound in one place: unit, reason, and an assertion for each relation between bounds.
 */
import { assert } from './errors.js';

/** Banks in a roster. Full threshold: every bank more is one more that must be up. */
export const banksMin = 2;
export const banksMax = 7;
/** Slots in a page. */
export const pageSizeMax = 256;
/** Slots in a ledger: account numbers are u32 on the wire. */
export const accountsMax = 16_777_216;
/** Amounts are below 2^amountBits; 2x must not wrap: x in (-2^m, 2^60). */
export const amountBitsMax = 60;
export const amountBitsDefault = 40;
/** Balances and the supply are below 2^balanceBits. */
export const balanceBits = 60;
/** Decimal places of an amount as people write it. */
export const scaleDefault = 2;
export const scaleMax = 12;

/** Bytes of one frame between banks. Larger vectors are cut by whoever sends them. */
export const frameBytesMax = 16 * 1024 * 1024;
/** Bytes of one envelope with all its packets (K = 256, n = 7: about 60 KB). */
export const envelopeBytesMax = 256 * 1024;
/** Bytes of one packet: the explicit bank's holds the whole input vector. */
export const packetBytesMax = 96 * 1024;
/** Messages of one HPKE context of a submission session: far below what AES-GCM bears under one key (2^32). */
export const sessionMessagesMax = 1_048_576;
/** Contexts of submission sessions a bank keeps for each bank that sends it packets: a few hundred bytes each. */
export const sessionContextsMax = 256;
/** Bytes of a name in a roster. */
export const nameBytesMax = 64;

/**
 * Envelopes in a block: at most blockEnvelopesMax/n of one sponsor. Over a network with 25 ms one way a block of a dozen
 * messages takes 0.3 s and what its computation takes, so that 500 transfers a second need 300 in a block.
 */
export const blockEnvelopesMax = 768;
/**
 * Input elements in a block: at most blockElementsMax/n of one sponsor. A bank's corrections towards another are one frame
 * of 8 bytes each. (K = 1: 768 envelopes have 370,000; K = 256: 250 envelopes fit.) A transfer has more than 12 K elements and
 * changes two pages, 16 K (2n - 1) bytes: with that a recovery entry is one frame, too.
 */
export const blockElementsMax = 917_504;
/**
 * How often the input elements of a rekey count: it has more than 3 K, and changes two columns of a page, as many bytes as a
 * transfer does with its 12 K. Each page has one a block, so without this a block of them would be four times a frame.
 */
export const rekeyWeight = 4;
/** Debits of one page in a block: at most wavesMax/n of one sponsor. */
export const wavesMax = 28;
/** Envelopes a bank keeps per sponsor before it refuses more. */
export const poolEnvelopesMax = 4096;
/** Ids one proposal may list as ready, per sponsor: twice what fit a block, so that a few stuck ones block nobody. */
export const readyListMax = 1024;
/** Ids one proposal lists as burned; the rest wait for the next record. */
export const burnedListMax = 2048;
/** Elements by which another bank's stock position may be ahead: several blocks of the largest envelopes. */
export const positionLeapMax = 16_777_216;
/** VOLE elements a bank holds for inputs: four of the largest blocks; 24 bytes each and peer. */
export const stockVoleMax = 4_194_304;
/** Triples, and selection tuples, a bank holds: more than a block. A tuple of K = 256 takes 31 KB among three banks. */
export const stockTuplesMax = 1_024;
/** What another bank proposes and has not arrived here is asked for after this: mostly it is on its way. */
export const wantWaitMs = 100;
/** What should be on its way still, by what its sponsor's link has brought, is asked for after so many blocks. */
export const wantBlocks = 8;
/** Whom the agreement waits for is told when nothing has happened for so long. */
export const awaitedMs = 2_000;
/** A bank that heard that another has committed asks for the certificate after this. */
export const certificateWaitMs = 1_000;
/** An envelope may stand in heights expiry - expiryHeightsMax .. expiry. */
export const expiryHeightsMax = 10_000;
/** What a wallet asks for when its user does not say. */
export const expiryHeightsDefault = 1_000;

/** One message of a block must arrive within this. */
export const stepTimeoutMs = 30_000;
/** So must one message of preprocessing while a lot is made: before it lies the largest round of LPN, seconds of work. */
export const preprocessingStepTimeoutMs = 60_000;
/** A link is lost when it was not resumed within this. */
export const linkLossMs = 5_000;
/** Bytes of one piece of a frame: what a large frame may hold a connection for before another frame has its turn. */
export const pieceBytesMax = 256 * 1024;
/** What a piece costs of a window or a queue besides its bytes, so that very many very small frames are bounded too. */
export const pieceCostBytes = 128;
/** On the way to a bank for one use and not yet taken there: below the 4 MiB at which mplex resets a stream. */
export const linkWindowBytes = 2 * 1024 * 1024;
/** Senders wait while a bank's queue for one use holds more. */
export const linkQueueBytes = 4 * 1024 * 1024;
/** Only senders that do not wait get here: what waits is bounded by what is sent at once. */
export const linkQueueBytesMax = 128 * 1024 * 1024;
/** Addresses a bank says it has, and that others keep of it. */
export const addressesMax = 16;
/** Bytes of one address as text. */
export const addressBytesMax = 256;
/** An empty intersection makes an empty block after this, while anything is undecided. */
export const emptyBlockMs = 250;
/** A long poll at the gateway is answered after this at the latest: below what proxies cut off. */
export const gatewayWaitMsMax = 25_000;
/** Who waits for news of an envelope is told of its record only after this if the record is not final by then. */
export const finalGraceMs = 100;
/** Envelopes whose heights a bank remembers without asking its disk: seconds of full blocks. */
export const recentOutcomesMax = 16_384;
/** Long polls a gateway holds at once; more are told to come later. */
export const gatewayWaitersMax = 1_024;
/** Connections a gateway holds at once, and of one address: a long poll has one. */
export const gatewayConnectionsMax = 2_048;
export const gatewayConnectionsPerAddressMax = 512;
/** Requests of one connection that are not answered yet: browsers and wallets have one. */
export const gatewayPipelinedMax = 4;
/** The headers of a request must have arrived within this, and be no longer. */
export const gatewayHeadersTimeoutMs = 10_000;
export const gatewayHeaderBytesMax = 16 * 1024;
/** How often a gateway looks for requests that take too long. */
export const gatewayCheckMs = 1_000;
/** An answer must have been taken within this: the largest, 8 MB, by a client with 2 Mbit/s. */
export const gatewayAnswerTimeoutMs = 40_000;
/** A connection without a request is closed after this. */
export const gatewayIdleMs = 30_000;
/** Bytes of bodies that are coming in or are with the bank, in all and of one client: 64 of the largest envelopes. */
export const gatewayBodiesBytesMax = 64 * 1024 * 1024;
export const gatewayBodiesBytesPerClientMax = 16 * 1024 * 1024;
/** Bytes of answers that clients have not taken, in all and of one client: four of the largest. */
export const gatewayAnswersBytesMax = 128 * 1024 * 1024;
export const gatewayAnswersBytesPerClientMax = 36 * 1024 * 1024;
/** Networks of reverse proxies that a config may list. */
export const gatewayProxiesMax = 16;
/** Milliseconds that a benchmark may add to every frame between banks. */
export const injectedDelayMsMax = 1_000;
/** A request must have arrived within this, and is answered within this and the longest long poll. */
export const gatewayRequestTimeoutMs = 15_000;
/** Requests of one address (IPv6: of one /64) in a minute: 100 a second. */
export const gatewayRequestsPerMinute = 6_000;
/** What an operator may raise that to: more than a bank can answer. */
export const gatewayRequestsPerMinuteMax = 1_000_000_000;
/** Balance look-ups of one address (IPv6: of one /64) in a minute: many holders may share it. */
export const gatewayLookupsPerMinute = 120;
/** Balance look-ups a gateway takes in a second, of all addresses: every bank does, and a block has room for payments. */
export const gatewayLookupsPerSecond = 50;
/** Envelopes in the pool from which on a gateway takes no look-up: the other half is for payments. */
export const lookupPoolEnvelopesMax = 2_048;
/** Records one answer lists, and bytes of them after which it stops early. */
export const gatewayRecordsMax = 1_000;
export const gatewayRecordsBytesMax = 4 * 1024 * 1024;
/** Accounts one answer lists. */
export const gatewayAccountsMax = 10_000;
/** Submission sessions a gateway holds at once, and of one address (IPv6: of one /64). */
export const submissionsMax = 64;
export const submissionsPerAddressMax = 8;
/** Envelopes of one submission session that are on the way at once: several blocks of one sponsor. */
export const submissionWindow = 512;
/** A submission session with nothing on the way ends after this without a message. */
export const submissionIdleMs = 60_000;
/** A submission session whose client has not answered for so long is cut. */
export const submissionPingMs = 20_000;
/** Envelopes of one submission session refused as wrong before it is ended: an honest wallet's hardly ever are. */
export const submissionRefusalsMax = 64;
/** Bytes of results a client has not taken before it is cut. */
export const submissionBacklogBytesMax = 1024 * 1024;
/** Bytes of one message of a submission session: a number and an envelope. */
export const submissionMessageBytesMax = 4 + 256 * 1024;
/** Characters of what a gateway says about a refusal. */
export const submissionTextBytesMax = 512;
/** Of a bank's software version, as it tells the others: printable ASCII, shown to operators. */
export const linkVersionBytesMax = 32;
/** Of a bank's console: who looks at once (each has one stream), and bytes a slow one has not taken before it is cut. */
export const consoleViewersMax = 16;
export const consoleBacklogBytesMax = 256 * 1024;
/** Its connections: a browser opens several for a page. Otherwise they are bounded as the gateway's are. */
export const consoleConnectionsMax = 8 * consoleViewersMax;
/** Bytes of a body that it takes, a token, and of all on the way; of answers not taken, in all and of one client: records. */
export const consoleBodyBytesMax = 2 * 1024;
export const consoleBodiesBytesMax = 2 * consoleConnectionsMax * consoleBodyBytesMax;
export const consoleAnswersBytesMax = 64 * 1024 * 1024;
export const consoleAnswersBytesPerClientMax = 36 * 1024 * 1024;
/** A viewer's connection is gone when nothing was taken from it for so long. */
export const consoleStallMs = 20_000;
/** What the console shows is made so often, for all who look together. */
export const consoleTickMs = 1_000;
/** Requests of one address to the console in a minute: a page and its history, not a walk by a crawler. */
export const consoleRequestsPerMinute = 1_200;
/** Sessions of its page: they end when unused for so long, and after a working day. */
export const consoleSessionsMax = 32;
export const consoleSessionIdleMs = 2 * 3_600_000;
export const consoleSessionMs = 12 * 3_600_000;
/** Wrong tokens of one address, and of all, in one window; addresses that are told apart. */
export const consoleGuessesMax = 10;
export const consoleGuessesInAllMax = 100;
export const consoleGuessWindowMs = 60_000;
export const consoleAddressesMax = 1_024;
/** Minutes the console remembers: a day. */
export const consoleMinutesMax = 24 * 60;
/** They are written to the disk so often: 0.2 MB each time. What a crash costs of the day. */
export const consoleDayWriteMs = 300_000;
/** Of that file; its minutes have at most 140 bytes each. */
export const consoleDayBytesMax = 256 * 1024;
/** What happened last, and audits, that it remembers. */
export const consoleEventsMax = 100;
export const consoleAuditsMax = 50;
/** Records it reads at once to count what is in them, and records before its start in which it looks for an audit. */
export const consoleRecordsAtOnce = 64;
export const consoleRecordsBefore = 256;
/** Envelopes handed in here whose way it follows at once, to measure latency; and latencies of a minute it keeps. */
export const consoleFollowedMax = 8;
export const consoleLatenciesMax = 512;
/** Risings of a counter it remembers, to say how much it has grown of late. */
export const consoleGrowthsMax = 1_000;
/** The disk is looked at so often, and at most so many files of a data folder are counted. */
export const consoleDiskMs = 30_000;
export const consoleDiskFilesMax = 20_000;
/** Link elements an ordered pair keeps (protocol.md, section 4, step 4). */
export const linkStockCount = 64;
/** Pardons in the life of a network, each of which re-keys every pair: every failed guess before may have taught a bit of a key. */
export const liftsMax = 8;

/** Bytes of one recovery entry: what a full block changes, and what is swept beside it. */
export const recoveryEntryBytesMax = frameBytesMax - 64 * 1024;
/** Bytes of pages swept into a recovery entry: half of what the block changed, but at least and at most so many. */
export const sweptBytesMin = 512;
export const sweptBytesMax = 256 * 1024;
/** Kept entries of one bank that one commit deletes: more than come, so that those of no more use get fewer. */
export const entriesDroppedMax = 64;
/** Link elements an ordered pair reserves: one for each of so many roster versions to come. */
export const reservedLinksCount = 8;

/** Records whose shares stay above the base: what a start replays, and what is there to look at when something is wrong. */
export const unfoldedHeights = 64;
/** Bytes of the pages they touch, counted once a record: full blocks of large pages are folded sooner. */
export const unfoldedPageBytesMax = 32 * 1024 * 1024;
/** A step of folding takes on so many heights, and begins no other when it holds so many pages, or bytes of them. */
export const foldedHeightsMax = 64;
export const foldedPagesMax = 1024;
export const foldedPageBytesMax = 2 * 1024 * 1024;
/** Public records that stay as they were committed; older ones are sealed into segments. */
export const unsealedHeights = 64;
/** A segment ends at so many heights, or at so many bytes: looking up one envelope in it decodes all of it. */
export const segmentHeightsMax = 64;
export const segmentBytesMax = 64 * 1024;

/** An envelope that stood ready for so many heights without getting into a block goes behind the others. */
export const staleHeights = 16;
/** Ids under one signature of their sponsor: alone, an announcement of 64 carries 6 hashes. */
export const announcementGroupMax = 64;
/** Envelopes in one transaction of their sponsor: the groups that came while the one before was written. */
export const sponsoredTogetherMax = 512;
/** Groups of one sponsor whose signatures a bank remembers to have verified: what comes again has mostly just come. */
export const verifiedGroupsMax = 64;
/** Envelopes in one frame to a bank, and bytes after which a sponsor begins another frame: one piece of a link. */
export const forwardedMax = 256;
export const forwardedBytesMax = 192 * 1024;
/** Envelopes of one bank on their way to the disk before its stream is paused. */
export const storingEnvelopesMax = 1024;
/** Ids a bank asks a sponsor for at once. */
export const wantedIdsMax = 1024;
/** Envelopes of one sender kept that this bank's ledger does not admit yet: it may lag a block behind the sponsor. */
export const deferredEnvelopesMax = 256;
/** Frames of one computation a bank may have sent ahead: lockstep allows the one awaited and the next. */
export const computationFramesMax = 2;
/** Frames of preprocessing one bank may have waiting before its stream is paused, and before it is cut. */
export const preprocessingFramesHigh = 8;
export const preprocessingFramesMax = 4096;
/** Bytes of preprocessing to one bank that its thread has handed over and the link has not taken: then it waits. */
export const preprocessingSendBytesHigh = 1024 * 1024;
/** Megabytes of young objects in a preprocessing thread's heap. What it works on lies in typed arrays beside it. */
export const preprocessingYoungMegabytes = 4;
/** A preprocessing thread that was told to end, and has not within this, is ended. */
export const preprocessingStopMs = 2_000;
/** After a preprocessing thread was lost the next one is not started before this. */
export const preprocessingRestartMs = 1_000;
/** Threads that open packets, at most; a core each. */
export const intakeThreadsMax = 16;
/** Envelopes an intake thread gets at once: milliseconds of work, for which whoever comes next waits. */
export const intakeBatchMax = 32;
/** Batches a thread has: one it works on, and the next. */
export const intakeBatchesMax = 2;
/** Megabytes of an intake thread's heap, and of the young objects in it. Its batches come on top: 6 MB at most. */
export const intakeHeapMegabytes = 32;
export const intakeYoungMegabytes = 4;
/** An intake thread that was told to end, and has not within this, is ended. */
export const intakeStopMs = 2_000;
/** Times a bank that starts asks for its stored envelopes to be opened when intake threads are lost over them. */
export const intakeStartTriesMax = 3;
/** An intake thread that was lost is replaced after this. */
export const intakeRestartMs = 1_000;
/** Bytes of one bank's frames of one use for a session this bank has not seen confirmed by all yet: two signed recovery entries. */
export const earlyBytesMax = 32 * 1024 * 1024;
export const earlyFramesMax = 64;
/** Inputs of the agreement that wait before links are slowed down. */
export const agreementInputsHigh = 256;
/** Characters of one answer of a gateway: the longest records a wallet asks for at once, in hex. */
export const gatewayAnswerCharsMax = 64 * 1024 * 1024;
/** A gateway that has not answered after this, and what it was asked to wait, is passed over. */
export const gatewayTimeoutMs = 10_000;
/** A wallet asks a gateway to wait this long for news of an envelope: as often it can say whom it waits for. */
export const followWaitMs = 5_000;
/** Waits without news after which a wallet hands its envelope to the next bank too. */
export const followWaitsMax = 6;
/** A wallet goes on trying for this long while no bank serves it. */
export const walletUnreachableMs = 30_000;
/** A wallet stops waiting for an outcome after this; the payment goes on, and is taken up by its reference. */
export const walletTimeoutMs = 600_000;
/** Between two tries of a wallet that was refused for now. */
export const walletPauseMs = 300;
/** Envelopes a wallet makes of one order, in one go, while banks make them fail (protocol.md, section 11). */
export const walletTriesMax = 5;
/** Characters of a payment reference. */
export const referenceLengthMax = 200;
/** How often an account's keys may be replaced: a viewing code has 16 bits for it. */
export const keyVersionMax = 65_535;
/** Versions of keys that a restored wallet tries for one account, K > 1: each is a look-up. */
export const keyVersionsTriedMax = 16;
/** Characters of what a holder calls an account, or whom a consent was given to. */
export const labelLengthMax = 200;
/** Bytes of the memo of a transfer, whether it says something or not. */
export const memoBytes = 160;
/** Bytes of text that fit a memo. */
export const memoTextBytesMax = 86;
/** Bytes of the header of an envelope. */
export const headerBytesMax = 1024;
/** Bytes of headers with memos that a bank keeps: those of about 1.5 million transfers. */
export const memoLogBytesMax = 512 * 1024 * 1024;
/** Bytes of them that one answer looks through, and entries that one step of trimming drops. */
export const memoScanBytesMax = 2 * 1024 * 1024;
export const memoTrimMax = 64;
/** Heights a wallet looks through for memos in one call, if nobody says. */
export const memoHeightsDefault = 1_000;
/** Consents a wallet remembers; balances and received payments, of which the oldest go. */
export const consentsMax = 1_000;
export const balancePointsMax = 5_000;
export const receivedMax = 10_000;
/** Payments of one batch: the wallet keeps all of them in one file. */
export const batchPaymentsMax = 10_000;
/** Bytes of a payroll file. */
export const batchFileBytesMax = 4 * 1024 * 1024;
/** Payments of a batch whose envelopes are made and saved in one go, and that are on the way at once. */
export const batchChunk = 64;
export const batchWindow = 256;
/** A wallet that hears nothing of a batch asks for records this often. */
export const batchPollMs = 1_000;
/** A wallet gathers news of a batch for so long before it reads records: every reading ends in one write of the wallet. */
export const batchGatherMs = 100;
/** A gateway has opened a submission session within this, or is passed over. */
export const submissionOpenMs = 5_000;
/** Records a wallet asks for at once. */
export const recordsAskedMax = 50;

assert(
  Math.ceil((16 * (2 * banksMax - 1) * blockElementsMax) / 12) + 256 * blockEnvelopesMax + 2 * sweptBytesMax <=
    recoveryEntryBytesMax,
  'a recovery entry of a full block is one frame',
);
assert(12 <= 3 * rekeyWeight, 'a rekey counts what a transfer does that changes as much');
assert(amountBitsMax < 64, 'a shape is one number');
assert(amountBitsMax <= balanceBits, 'a comparison needs |x| < 2^60');
assert(packetBytesMax <= envelopeBytesMax, 'an envelope holds its packets');
assert(lookupPoolEnvelopesMax <= poolEnvelopesMax / 2, 'look-ups leave payments room in the pool');
assert(banksMin * gatewayLookupsPerSecond <= blockEnvelopesMax / 2, 'a second of look-ups fills no block');
assert(gatewayBodiesBytesPerClientMax >= 64 * envelopeBytesMax, 'a client may submit many envelopes at once');
assert(gatewayBodiesBytesMax >= 4 * gatewayBodiesBytesPerClientMax, 'no client fills the bodies');
assert(gatewayAnswersBytesMax >= 3 * gatewayAnswersBytesPerClientMax, 'no client fills the answers');
assert(gatewayAnswersBytesPerClientMax >= 4 * 2 * gatewayRecordsBytesMax, 'a client may read records');
assert(consoleAnswersBytesPerClientMax >= 4 * 2 * gatewayRecordsBytesMax, 'an operator may read records');
assert(submissionMessageBytesMax === 4 + envelopeBytesMax, 'a message of a submission session holds an envelope');
assert(submissionsMax * submissionWindow <= 8 * poolEnvelopesMax, 'submission sessions fill a pool, not a memory');
assert(batchChunk <= batchWindow && batchWindow <= submissionWindow, 'a batch fits a submission session');
assert(sessionMessagesMax <= 2 ** 32, 'a sequence number is a u32');
assert(envelopeBytesMax <= frameBytesMax, 'an envelope fits a frame');
assert(wavesMax % banksMin === 0 && wavesMax >= banksMax, 'every sponsor has a wave');
assert(blockEnvelopesMax >= banksMax, 'every sponsor has a place in a block');
assert(stockTuplesMax >= blockEnvelopesMax, 'a block finds its tuples');
assert(blockElementsMax * 8 <= frameBytesMax / 2, 'corrections of a block fit a frame');
assert(stockVoleMax >= 4 * blockElementsMax, 'a block finds its VOLE elements');
assert(2 * Math.floor(blockEnvelopesMax / banksMin) <= readyListMax, 'a ready list can fill a block');
assert(readyListMax <= poolEnvelopesMax, 'what is listed is known');
assert(pieceBytesMax + pieceCostBytes <= linkWindowBytes / 4, 'a window holds several pieces');
assert(forwardedBytesMax + 2 * packetBytesMax <= frameBytesMax, 'what is forwarded together fits a frame');
assert(announcementGroupMax <= forwardedMax && announcementGroupMax < 256, 'a frame holds a group, its size is a u8');
assert(storingEnvelopesMax >= forwardedMax, 'one frame of envelopes is stored together');
assert(intakeBatchMax * intakeBatchesMax <= storingEnvelopesMax, 'what is at a thread is counted as on its way');
assert(preprocessingSendBytesHigh <= linkQueueBytes, 'a thread that waits leaves the link room');
assert(frameBytesMax <= linkQueueBytesMax, 'a queue holds a frame');
assert(unfoldedHeights >= 2 && unsealedHeights >= 2, 'what may not be final yet stays as it was written');
assert(recordsAskedMax <= gatewayRecordsMax, 'a wallet asks for what gateways give');
assert(followWaitMs <= gatewayWaitMsMax, 'a wallet waits as gateways do');
assert(recentOutcomesMax >= 4 * blockEnvelopesMax, 'the last blocks are remembered');
assert(gatewayAnswerCharsMax > 4 * gatewayRecordsBytesMax, 'a wallet reads what gateways answer');
