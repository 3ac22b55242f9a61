/**
 * Secrets from a person or a script: never from the command line, which every process of the machine can read.
 *
 *     passphrase    --passphrase-file, else COVAULT_PASSPHRASE, else asked for
 *     asked for     on a terminal without echo; else the next line of standard input
 */
import process from 'node:process';
import { CovaultError } from '../../src/errors.js';
import { readTextFile } from '../files.js';
import { Exit } from './exit.js';

/** Asks for one line that nobody sees. */
export type AskSecret = (question: string) => Promise<string>;

export interface PassphraseSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ask: AskSecret;
  readonly passphraseFile?: string | undefined;
}

/** `fresh`: a new one, asked for twice. Throws BAD_PASSPHRASE, BAD_CONFIG. */
export async function readPassphrase({ env, ask, passphraseFile }: PassphraseSource, fresh: boolean): Promise<string> {
  if (passphraseFile !== undefined)
    return (await readTextFile(passphraseFile, 'the passphrase of the wallet')).replace(/\r?\n$/, '');
  if (env.COVAULT_PASSPHRASE !== undefined) return env.COVAULT_PASSPHRASE;
  const passphrase = await ask(fresh ? 'New passphrase of the wallet: ' : 'Passphrase of the wallet: ');
  if (fresh && (await ask('The same again: ')) !== passphrase) {
    throw new CovaultError('BAD_PASSPHRASE', 'the two passphrases differ');
  }
  return passphrase;
}

/** From this process's terminal or standard input. */
export const askProcess: AskSecret = question => (process.stdin.isTTY ? askTerminal(question) : nextLine());

const interrupted = 130;

function askTerminal(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setEncoding('utf8');
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (settle: () => void) => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const take = (typed: string) => {
      for (const key of typed) {
        if (key === '\r' || key === '\n' || key === '\u0004') return end(() => resolve(line));
        if (key === '\u0003') return end(() => reject(new Exit(interrupted)));
        line = key === '\u007f' || key === '\b' ? [...line].slice(0, -1).join('') : line + key;
      }
    };
    stdin.on('data', take);
  });
}

let lines: Promise<string[]> | undefined;

async function nextLine(): Promise<string> {
  lines ??= readLines();
  const line = (await lines).shift();
  if (line === undefined) {
    throw new CovaultError(
      'BAD_CONFIG',
      'no secret given: use COVAULT_PASSPHRASE, --passphrase-file or standard input',
    );
  }
  return line;
}

async function readLines(): Promise<string[]> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(Buffer.from(piece));
  const text = Buffer.concat(pieces).toString('utf8');
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}
