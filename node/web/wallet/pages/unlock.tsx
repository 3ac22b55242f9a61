/** The wallet of this browser, locked. */
import { useState } from 'preact/hooks';
import { onSubmit, useAction } from '../../common/action.js';
import { Busy, Button, Notice } from '../../common/components.js';
import { Passphrase } from '../parts/passphrase.js';
import { phase, servesOther, service } from '../session.js';
import { sentenceOf } from '../words.js';

export function UnlockPage() {
  const [pass, setPass] = useState('');
  const action = useAction(sentenceOf);
  const unlock = () =>
    void action.run(async () => {
      await service.unlock(pass);
      phase.value = 'open';
    });
  return (
    <div class="narrow stack loose unlock">
      <div class="stack tight">
        <h1>Welcome back</h1>
        <p class="soft">The wallet on this device is locked. It has stayed encrypted all the while.</p>
      </div>
      {servesOther.value && (
        <Notice look="warn" title="This bank serves another network now">
          Your wallet stays with the banks it was made for.
        </Notice>
      )}
      <form class="card stack" onSubmit={onSubmit(unlock)}>
        <Passphrase value={pass} error={action.error} onInput={setPass} />
        <Button look="primary" type="submit" wide busy={action.isBusy} disabled={pass === ''}>
          Unlock
        </Button>
        {action.isBusy && <Busy>Turning the passphrase into a key</Busy>}
      </form>
    </div>
  );
}
