/** The agreement of the banks: announcements, proposals, records and their certificates. */
export {
  type Adoption,
  adoptedBy,
  adoptStatement,
  checkAdoption,
  decodeAdoption,
  encodeAdoption,
  isWhole,
} from './adopting.js';
export {
  type Announcement,
  alone,
  announceGroup,
  announcementBytes,
  byGroup,
  groupBytes,
  readAnnouncement,
  readByGroup,
  writeAnnouncement,
  writeGroup,
} from './announcement.js';
export { BurnedIds } from './burned-ids.js';
export { type Certified, decodeCertified, encodeCertified } from './certified.js';
export {
  type Durable,
  delHalted,
  durablePrefix,
  emptyDurable,
  loadDurable,
  logIdKey,
  logKey,
  putAdopted,
  putAdoption,
  putBurned,
  putCertified,
  putMarked,
  putSigned,
  putVoid,
} from './durable.js';
export { keptEntries, keptKey, loadKept } from './entries.js';
export type { Input, Output, RunBlock, StoreOutput, TimerName } from './io.js';
export { Agreement, type AgreementOptions, identitySigner } from './machine.js';
export { type OpenAttempt, readOpenAttempt, writeOpenAttempt } from './open-attempt.js';
export { type Plan, type Planned, type Planning, planBlock, stockOfPlan } from './plan.js';
export { Pool, type SponsorProof } from './pool.js';
export { readLog, Sealing, sealedHeightOf } from './sealed-log.js';
export { poolPrefix } from './seen-entry.js';
export {
  type Blame,
  convicted,
  decodeEvidence,
  type Evidence,
  encodeEvidence,
  type Ground,
  isBehind,
  type Place,
  type Proof,
  type RootVoid,
  rootVoidStatement,
  type Signed,
  signedHolds,
  type Void,
  voidHolds,
  voidStatement,
} from './statements.js';
