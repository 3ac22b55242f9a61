/** Which of several own accounts; nothing to choose when there is one. */

import { textOf } from '../../common/action.js';
import { Field } from '../../common/components.js';
import { money } from '../../common/format.js';
import { accountName } from '../format.js';
import { network } from '../session.js';
import type { Account } from '../worker/types.js';

interface AccountChoiceProps {
  readonly label?: string;
  readonly accounts: readonly Account[];
  readonly chosen: number | undefined;
  /** A first choice that means all of them. */
  readonly all?: string;
  readonly withBalance?: boolean;
  readonly onChoose: (account: number | undefined) => void;
}

export function AccountChoice(props: AccountChoiceProps) {
  const { label = 'Account', accounts, chosen, all, withBalance = false, onChoose } = props;
  if (accounts.length < 2) return null;
  const choose = (event: Event) => onChoose(textOf(event) === '' ? undefined : Number(textOf(event)));
  const balanceOf = ({ balance }: Account) =>
    withBalance && balance ? `, ${money(balance.balance, network.value?.scale ?? 0)}` : '';
  return (
    <Field label={label}>
      {aria => (
        <select {...aria} class="input" value={`${chosen ?? ''}`} onChange={choose}>
          {all && <option value="">{all}</option>}
          {accounts.map(account => (
            <option key={account.account} value={`${account.account}`}>
              {`${accountName(account)}${balanceOf(account)}`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
