/** Everything that this wallet was ever asked to pay. */
import { PaymentList } from '../parts/payment-list.js';
import { snapshot } from '../session.js';
import { isOpenJob } from '../words.js';

export function HistoryPage() {
  const { payments, jobs } = snapshot.value;
  const open = jobs.filter(isOpenJob);
  const openReferences = new Set(open.map(({ reference }) => reference));
  const done = payments.filter(({ reference }) => !openReferences.has(reference));
  return (
    <div class="stack">
      <h1>History</h1>
      {open.length + done.length === 0 ? (
        <p class="soft">Nothing was paid yet.</p>
      ) : (
        <PaymentList jobs={open} payments={done} />
      )}
    </div>
  );
}
