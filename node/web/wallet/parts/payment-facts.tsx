/** Whom a payment goes to, how much it is, and what goes with it: before it is made, and afterwards. */
import { inGroups } from '../format.js';
import { Amount } from './amount.js';
import { payeeName } from './entry-list.js';

interface PaymentFactsProps {
  readonly amount: bigint;
  readonly to: number;
  /** Of the payee. */
  readonly address?: string;
  /** The payer's name. */
  readonly from?: string;
  readonly memo: string | undefined;
  readonly reference?: string;
}

export function PaymentFacts({ amount, to, address, from, memo, reference }: PaymentFactsProps) {
  return (
    <dl class="facts">
      <dt>Amount</dt>
      <dd class="big">
        <Amount value={amount} />
      </dd>
      <dt>To</dt>
      <dd>
        {payeeName(to)}
        {address && <div class="mono small soft break">{inGroups(address).join(' ')}</div>}
      </dd>
      {from && (
        <>
          <dt>From</dt>
          <dd>{from}</dd>
        </>
      )}
      {memo && (
        <>
          <dt>Message</dt>
          <dd class="break">
            <q>{memo}</q>
          </dd>
        </>
      )}
      {reference && (
        <>
          <dt>Reference</dt>
          <dd class="mono small break">{reference}</dd>
        </>
      )}
    </dl>
  );
}
