/** The accounts of this wallet with their balances, what is under way, and what was paid last. */
import { Button, Notice } from '../../common/components.js';
import { Icon } from '../../common/icons.js';
import { accountName, shortAddress, timeOf } from '../format.js';
import { Amount } from '../parts/amount.js';
import { BanksNotice } from '../parts/banks-line.js';
import { EntryList } from '../parts/entry-list.js';
import { banks, service, snapshot } from '../session.js';
import { networkWords, sentenceOf } from '../words.js';
import type { Account } from '../worker/types.js';

export function HomePage() {
  const { accounts } = snapshot.value;
  return (
    <div class="stack loose">
      <h1 class="visually-hidden">Accounts</h1>
      <BanksNotice />
      {accounts.length === 0 ? (
        <NoAccount />
      ) : (
        accounts.map(account => <AccountCard key={account.account} {...account} />)
      )}
      <Recent />
      {accounts.length > 0 && (
        <div>
          <a class="button quiet" href="#/open-account">
            <Icon name="plus" />
            Open another account
          </a>
        </div>
      )}
    </div>
  );
}

function Recent() {
  const recent = snapshot.value.history.filter(({ kind }) => kind !== 'balance').slice(0, 6);
  if (recent.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="recent">
      <div class="row spread">
        <h2 id="recent">Lately</h2>
        <a href="#/history">All</a>
      </div>
      <EntryList entries={recent} />
    </section>
  );
}

function NoAccount() {
  return (
    <section class="card stack empty">
      <h2>No account yet</h2>
      <p class="soft">
        Open the one that a bank has given you a claim file for, or a free and empty one. Nobody learns which person it
        belongs to.
      </p>
      <div class="row">
        <a class="button primary" href="#/open-account">
          Open an account
        </a>
      </div>
    </section>
  );
}

function AccountCard(account: Account) {
  const { account: number, state, address } = account;
  const isOpen = state === 'open';
  return (
    <section class="card account" aria-labelledby={`account-${number}`}>
      <div class="row spread">
        <h2 id={`account-${number}`} class="account-name">
          {accountName(account)}
        </h2>
        <span class="mono small soft">{shortAddress(address)}</span>
      </div>
      {isOpen ? <Balance {...account} /> : <Opening />}
      {isOpen && (
        <div class="row">
          <a class="button primary" href={`#/pay?from=${number}`}>
            <Icon name="send" />
            Pay
          </a>
          <a class="button secondary" href={`#/account?number=${number}`}>
            <Icon name="qr" />
            Be paid
          </a>
        </div>
      )}
    </section>
  );
}

function Balance({ account, balance, isAsking, failure }: Account) {
  return (
    <div class="stack tight">
      <p class="balance" aria-live="polite">
        <span class="visually-hidden">Balance: </span>
        {balance ? <Amount value={balance.balance} /> : <span class="balance-unknown">{isAsking ? '· · ·' : '—'}</span>}
      </p>
      <div class="row small soft asof">
        {isAsking ? (
          <Asking hasOld={balance !== undefined} />
        ) : (
          balance && <span>{`${timeOf(balance.at)}, at height ${balance.height}`}</span>
        )}
        {!isAsking && (
          <Button
            look="quiet"
            icon="refresh"
            class="small"
            onClick={() => void service.balance(account).catch(() => {})}
          >
            Ask the banks
          </Button>
        )}
      </div>
      {failure && !isAsking && <Notice look="bad">{sentenceOf(failure)}</Notice>}
    </div>
  );
}

function Asking({ hasOld }: { readonly hasOld: boolean }) {
  const { missing, short } = networkWords(banks.value);
  const what = missing.length > 0 ? short : 'The banks open it for you, under a mask only you can take off';
  return (
    <span class="row" role="status">
      <span class="spinner" aria-hidden="true" />
      {hasOld ? `Asking again: ${what}` : what}
    </span>
  );
}

function Opening() {
  const { missing, short } = networkWords(banks.value);
  return (
    <p class="row soft" role="status">
      <span class="spinner" aria-hidden="true" />
      {missing.length > 0 ? `Opening. ${short}` : 'Opening: all banks write it down'}
    </p>
  );
}
