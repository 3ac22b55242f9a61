/** What stands in one record: public, and all of it. */
import type { LedgerRecord } from 'covault/log';
import { hexOf } from '../common/format.js';
import { money, plural, shortHex, whole } from './format.js';
import { Facts } from './panel.js';
import type { CheckedEntry, Network } from './verify.js';

type Status = LedgerRecord['entries'][number]['status'];

const words: Record<Status['kind'], readonly [string, string]> = {
  settled: ['transfer', 'transfers'],
  rejected: ['rejected', 'rejected'],
  revealed: ['look-up', 'look-ups'],
  opened: ['account opened', 'accounts opened'],
  audited: ['audit', 'audits'],
  rekeyed: ['rekey', 'rekeys'],
};

/** 3 transfers, 1 look-up. */
export function kindsOf({ entries, burned }: LedgerRecord): string {
  const counts = new Map<Status['kind'], number>();
  for (const { status } of entries) counts.set(status.kind, (counts.get(status.kind) ?? 0) + 1);
  const parts = [...counts].map(([kind, count]) => plural(count, ...words[kind]));
  if (burned.length > 0) parts.push(plural(burned.length, 'id burned', 'ids burned'));
  return parts.length === 0 ? 'empty' : parts.join(', ');
}

const entriesMax = 200;

export function RecordDetails({
  entry,
  record,
  network,
}: {
  readonly entry: CheckedEntry;
  readonly record: LedgerRecord;
  readonly network: Network;
}) {
  const { entries, burned } = record;
  return (
    <div class="record-body">
      <Facts
        facts={[
          ['Hash', <code class="break">{entry.hash ? hexOf(entry.hash) : ''}</code>],
          ['Follows', <code class="break">{hexOf(record.previous)}</code>],
          ['Attempt', whole(record.attempt)],
          ['Supply', money(record.supply, network.scale)],
          ['Digest of the messages', <code class="break">{hexOf(record.digest)}</code>],
          ['Hash of the receipts', <code class="break">{hexOf(record.receiptsHash)}</code>],
          ['Signed by', entry.fault === undefined ? network.banks.map(({ name }) => name).join(', ') : 'see above'],
        ]}
      />
      {entries.length > 0 && (
        <div class="scroll-x">
          <table class="table dense">
            <thead>
              <tr>
                <th scope="col">Envelope</th>
                <th scope="col">What became of it</th>
              </tr>
            </thead>
            <tbody>
              {entries.slice(0, entriesMax).map(({ id, status }) => (
                <tr key={hexOf(id)}>
                  <td>
                    <code title={hexOf(id)}>{shortHex(hexOf(id), 16, 8)}</code>
                  </td>
                  <td>{fateOf(status, network)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {entries.length > entriesMax && <p class="small soft">And {whole(entries.length - entriesMax)} more.</p>}
      {burned.length > 0 && (
        <p class="small soft">
          Burned, never to be used again:{' '}
          {burned
            .slice(0, 20)
            .map(id => shortHex(hexOf(id)))
            .join(', ')}
          {burned.length > 20 && ` and ${whole(burned.length - 20)} more`}
        </p>
      )}
    </div>
  );
}

function fateOf(status: Status, network: Network): string {
  switch (status.kind) {
    case 'settled':
      return `settled, pi = ${status.pi}: paid or cancelled, as only its payer knows`;
    case 'rejected':
      return `rejected: ${status.reason}`;
    case 'revealed':
      return 'a balance, masked: only its holder can read it';
    case 'opened':
      return `account ${whole(status.account)} opened`;
    case 'rekeyed':
      return `an account of page ${whole(status.page)} has new keys`;
    case 'audited':
      return `audit: all balances sum to ${money(status.sum, network.scale)}`;
  }
}
