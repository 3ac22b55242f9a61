/** Statements that outlive their session: what they are called, and whose they are. */
import type { Message } from '../../src/agreement/messages.js';
import { toHex } from '../../src/crypto/index.js';

/** What can be shown to anybody. */
export type Statement = Extract<Message, { readonly kind: 'signed' | 'void' | 'committed' }>;

/** Whose statement it is, of what a bank sends. */
export function ownerOf(message: Message, sender: number): number {
  if (message.kind === 'signed') return message.signed.bank;
  return message.kind === 'void' ? message.void.bank : sender;
}

export function statementName(message: Statement): string {
  switch (message.kind) {
    case 'signed': {
      const { bank, height, attempt, recordHash: of } = message.signed;
      return `signed by ${bank}: ${height}/${attempt} ${toHex(of).slice(0, 8)}`;
    }
    case 'void': {
      const { bank, height, attempt, root } = message.void;
      return `void by ${bank}: ${height}/${attempt}${root ? ` after ${root.bank}` : ''}`;
    }
    case 'committed':
      return `committed: ${message.committed.height} ${toHex(message.committed.hash).slice(0, 8)}`;
  }
}
