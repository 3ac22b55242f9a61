/** Everything that this wallet knows to have happened to its accounts. No bank is asked, and none could answer. */
import type { HistoryEntry } from 'covault/wallet';
import { useState } from 'preact/hooks';
import { Icon } from '../../common/icons.js';
import { useAnswer } from '../../common/use-answer.js';
import { AccountChoice } from '../parts/account-choice.js';
import { EntryList } from '../parts/entry-list.js';
import { service, snapshot } from '../session.js';

const stepCount = 50;

export function HistoryPage() {
  const { accounts, history } = snapshot.value;
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const [withBalances, setWithBalances] = useState(false);
  const [count, setCount] = useState(stepCount);
  const all = useHistory(chosen, history);
  const entries = withBalances ? all : all?.filter(({ kind }) => kind !== 'balance');
  return (
    <div class="stack">
      <div class="row spread">
        <h1>History</h1>
        {accounts.length > 0 && (
          <a class="button secondary" href={`#/statement?account=${chosen ?? accounts[0].account}`}>
            <Icon name="print" />
            Statement
          </a>
        )}
      </div>
      <AccountChoice accounts={accounts} chosen={chosen} all="All accounts" onChoose={setChosen} />
      <label class="row check">
        <input type="checkbox" checked={withBalances} onChange={() => setWithBalances(!withBalances)} />
        Balance look-ups, too
      </label>
      {entries?.length === 0 && <p class="soft">Nothing has happened yet.</p>}
      {entries && entries.length > 0 && <EntryList entries={entries.slice(0, count)} />}
      {entries && entries.length > count && (
        <button type="button" class="button secondary" onClick={() => setCount(count + stepCount)}>
          {`${entries.length - count} older ones`}
        </button>
      )}
      <p class="small soft">
        This list is kept in your wallet, encrypted. Times are those of this device: the records of the banks have none.
      </p>
    </div>
  );
}

/** All of it; asked for again whenever the newest has changed. */
function useHistory(account: number | undefined, newest: readonly HistoryEntry[]) {
  const ask = () => service.history(account === undefined ? {} : { account });
  return useAnswer(ask, [account], [newest]).value;
}
