/** The wallet itself: its file, its network, its end on this device. */
import { useAction } from '../../common/action.js';
import { Button, Notice } from '../../common/components.js';
import { inGroups } from '../format.js';
import { download } from '../parts/file-field.js';
import { Forget } from '../parts/forget.js';
import { banks, lock, network, service, snapshot } from '../session.js';
import { isOpenJob, networkWords, sentenceOf } from '../words.js';

export function SettingsPage() {
  const action = useAction(sentenceOf);
  const save = () =>
    void action.run(async () => download('covault.wallet', await service.exportFile(), 'application/json'));
  return (
    <div class="stack loose">
      <h1>Wallet</h1>
      <section class="card stack" aria-labelledby="file">
        <h2 id="file">Wallet file</h2>
        <p>
          Everything this wallet knows, encrypted under your passphrase. It opens in another browser and with the
          command line. A copy grows old with every payment: use the wallet in one place at a time.
        </p>
        {action.error && <Notice look="bad">{action.error}</Notice>}
        <div class="row">
          <Button icon="download" busy={action.isBusy} onClick={save}>
            Save the wallet file
          </Button>
        </div>
      </section>
      <Banks />
      <Forget
        isPaying={snapshot.value.jobs.some(isOpenJob)}
        forget={async () => {
          await service.forget();
          await lock();
        }}
      />
    </div>
  );
}

const bankWords = {
  unknown: ['plain', 'not asked'],
  working: ['good', 'at work'],
  alone: ['warn', 'waits for others'],
  away: ['warn', 'does not answer here'],
  halted: ['bad', 'has stopped'],
} as const;

function Banks() {
  const { long } = networkWords(banks.value);
  return (
    <section class="card stack" aria-labelledby="network">
      <h2 id="network">Banks</h2>
      <p>{long}</p>
      <ul class="bank-list">
        {banks.value.map(({ name, state, url }) => (
          <li key={name} class="row spread">
            <span>
              <strong>{name}</strong> <span class="small soft break">{url}</span>
            </span>
            <span class={`tag ${bankWords[state][0]}`}>{bankWords[state][1]}</span>
          </li>
        ))}
      </ul>
      <div class="small soft stack tight">
        <p>{`Records checked by this device up to height ${snapshot.value.height}. Identity of the network:`}</p>
        <p class="mono break">{inGroups(network.value?.id ?? '').join(' ')}</p>
      </div>
    </section>
  );
}
