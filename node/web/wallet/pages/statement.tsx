/** A statement of one account: on the screen, on paper, as a file for book-keeping. */
import type { Statement } from 'covault/wallet';
import { useState } from 'preact/hooks';
import { Button } from '../../common/components.js';
import { listed } from '../../common/format.js';
import { TextField } from '../../common/text-field.js';
import { useAnswer } from '../../common/use-answer.js';
import { accountName, dayOf, inGroups, timeOf } from '../format.js';
import { AccountChoice } from '../parts/account-choice.js';
import { Amount } from '../parts/amount.js';
import { payeeName } from '../parts/entry-list.js';
import { download } from '../parts/file-field.js';
import { place } from '../router.js';
import { network, service, snapshot } from '../session.js';

export function StatementPage() {
  const { accounts } = snapshot.value;
  const [chosen, setChosen] = useState(Number(place.value.query.get('account')));
  const [first, setFirst] = useState(dateText(monthBefore()));
  const [last, setLast] = useState(dateText(new Date()));
  const account = accounts.find(known => known.account === chosen) ?? accounts[0];
  const statement = useStatement(account?.account, first, last);
  if (!account) return <p>There is no account yet.</p>;
  const save = () =>
    statement && download(`statement-${account.account}-${first}-${last}.csv`, statement.csv, 'text/csv');
  return (
    <div class="stack loose">
      <div class="stack no-print">
        <h1>Statement</h1>
        <AccountChoice accounts={accounts} chosen={account.account} onChoose={number => setChosen(number ?? 0)} />
        <div class="row dates">
          <TextField label="From" type="date" value={first} onInput={setFirst} />
          <TextField label="To, and with it" type="date" value={last} onInput={setLast} />
        </div>
        <div class="row">
          <Button look="primary" icon="print" disabled={!statement} onClick={() => window.print()}>
            Print
          </Button>
          <Button icon="download" disabled={!statement} onClick={save}>
            Save as CSV
          </Button>
        </div>
      </div>
      {statement && <Paper statement={statement} name={accountName(account)} first={first} last={last} />}
    </div>
  );
}

interface PaperProps {
  readonly statement: Statement;
  readonly name: string;
  readonly first: string;
  readonly last: string;
}

const kindWords = { sent: 'Paid', received: 'Received', other: 'Other' } as const;

function Paper({ statement, name, first, last }: PaperProps) {
  const { opening, closing, lines, address } = statement;
  return (
    <article class="card stack paper" aria-label="Statement">
      <header class="stack tight">
        <h2>{`Statement of ${name}`}</h2>
        <p class="mono small break">{inGroups(address).join(' ')}</p>
        <p class="small soft">{`${spanWords(first, last)}. Kept by ${listed(network.value?.banks ?? [])}; written by the holder's own device.`}</p>
      </header>
      <div class="scroll-x">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col" class="figure">
                Change
              </th>
            </tr>
          </thead>
          <tbody>
            <BalanceRow words="Balance at the beginning" point={opening} />
            {lines.map(line => (
              <tr key={`${line.kind} ${line.height} ${line.reference ?? ''} ${line.change}`}>
                <td>{line.time === undefined ? '' : timeOf(line.time, 0)}</td>
                <td>
                  {kindWords[line.kind]}
                  {line.counterparty !== undefined && `: ${payeeName(line.counterparty)}`}
                  {line.memo && <q class="break memo">{line.memo}</q>}
                  {line.reference && <div class="small soft mono break">{line.reference}</div>}
                </td>
                <td class="figure">
                  <Amount value={line.change} signed />
                </td>
              </tr>
            ))}
            <BalanceRow words="Balance when last asked" point={closing} />
          </tbody>
        </table>
      </div>
      {lines.length === 0 && <p class="soft">Nothing was paid or received in this time.</p>}
    </article>
  );
}

function BalanceRow({ words, point }: { readonly words: string; readonly point: Statement['opening'] }) {
  if (!point) return null;
  return (
    <tr class="balance-row">
      <td>{timeOf(point.time, 0)}</td>
      <td>{words}</td>
      <td class="figure">
        <Amount value={point.balance} />
      </td>
    </tr>
  );
}

function useStatement(account: number | undefined, first: string, last: string) {
  const [from, to] = [startOfDay(first), startOfDay(last, 1)];
  const isAsked = account !== undefined && !Number.isNaN(from) && !Number.isNaN(to);
  const ask = () => (isAsked ? service.statement(account, from, to) : undefined);
  return useAnswer(ask, [account, first, last], [snapshot.value.history]).value;
}

/** Midnight here, so many days later. */
function startOfDay(date: string, daysLater = 0): number {
  const [year, month, day] = date.split('-').map(Number);
  return new Date(year, month - 1, day + daysLater).getTime();
}

const dateText = (date: Date) =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(part => `${part}`.padStart(2, '0')).join('-');

function monthBefore(): Date {
  const date = new Date();
  date.setMonth(date.getMonth() - 1);
  return date;
}

const spanWords = (first: string, last: string) => `${dayOf(startOfDay(first))} to ${dayOf(startOfDay(last))}`;
