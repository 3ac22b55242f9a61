/** Every fuzz target; and which functions look like decoders of outside bytes and are none, with the reason. */
import { behindTargets } from './behind-targets.js';
import { fileTargets } from './file-targets.js';
import { messageTargets } from './message-targets.js';
import { storeTargets } from './store-targets.js';
import type { FuzzTarget } from './target.js';

export const targets: readonly FuzzTarget[] = [...messageTargets, ...fileTargets, ...storeTargets, ...behindTargets];

export const noTargets: Readonly<Record<string, string>> = {
  'src/codec/reader.ts decodeAll': 'every binary target goes through it',
  'src/bank/public-log.ts readRecords': 'reads a store with decodeCertified',
  'src/agreement/sealed-log.ts readLog': 'reads a store with decodeCertified and decodeSegment',
  'node/host/framing.ts decodeMessages': 'a stage of a pipe around decodeMessage',
  'node/config.ts readConfig': 'a file, then parseConfig',
  'node/commands/amend-network.ts readNetworkFile': 'a file, then decodeNetworkFile',
  'node/files.ts readTextFile': 'a file',
  'node/keys.ts readIdentity': "a file that is this bank's own secret",
  'node/keys.ts readRecoveryKey': "a file that is this bank's own secret",
  'node/commands/payroll.ts readPayrollFile': 'a file, bounded in size, then readPayroll',
  'node/replace-file.ts readIfThere': 'a file',
  'node/commands/secrets.ts readPassphrase': 'what is typed; no structure',
};
