/**
 * The commands a person types, as one program. It prints through `Output`, gives an exit code and ends no process.
 */
import { Command } from 'commander';
import { runProgram } from './commands/exit.js';
import { registerHolderCommands } from './commands/holder.js';
import { registerOperatorCommands } from './commands/operator.js';
import { type Output, processOutput } from './commands/output.js';
import { version } from './version.js';

export function buildProgram(to: Output = processOutput): Command {
  const program = new Command('covault')
    .description('A ledger that several banks keep together: no bank sees a balance, none moves money alone.')
    .version(version)
    .showHelpAfterError('(--help says more)')
    .configureOutput({ writeOut: text => to.data(text.trimEnd()), writeErr: text => to.note(text.trimEnd()) })
    .addHelpText(
      'after',
      `
Exit codes: 0 done; 1 something is broken; 2 the call is wrong; 3 the transfer was cancelled; 4 not now, try again.

Operators begin with \`covault bank init --help\`, holders with \`covault wallet create --help\`.`,
    );
  registerOperatorCommands(program, to);
  registerHolderCommands(program);
  return program;
}

/** `args`: what stands after the program's name. Gives the exit code. */
export function run(args: readonly string[], to: Output = processOutput): Promise<number> {
  return runProgram(buildProgram(to), args, to);
}
