/** An amount of this ledger, in figures that stand under each other. */
import { money } from '../../common/format.js';
import { network } from '../session.js';

interface AmountProps {
  readonly value: bigint;
  /** With its sign, also when it is positive. */
  readonly signed?: boolean;
}

export function Amount({ value, signed = false }: AmountProps) {
  const scale = network.value?.scale ?? 0;
  const text = money(value, scale);
  return <span class="number">{signed && value > 0n ? `+${text}` : text}</span>;
}
