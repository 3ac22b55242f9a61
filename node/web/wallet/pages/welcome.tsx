/** A browser without a wallet: make one, bring one, or restore one from its seed phrase. */
import { useState } from 'preact/hooks';
import { onSubmit, useAction } from '../../common/action.js';
import { Busy, Button, Notice } from '../../common/components.js';
import { inWords, listed } from '../../common/format.js';
import { TextField } from '../../common/text-field.js';
import { inGroups } from '../format.js';
import { FileField } from '../parts/file-field.js';
import { faultOf, type NewPassphrase, NewPassphraseFields, Passphrase } from '../parts/passphrase.js';
import { go } from '../router.js';
import { freshPhrase, network, phase, service } from '../session.js';
import { sentenceOf } from '../words.js';

type Kind = 'create' | 'import' | 'restore';

export function WelcomePage() {
  const [kind, setKind] = useState<Kind>('create');
  return (
    <div class="welcome">
      <Introduction />
      <div class="card stack">
        <fieldset class="choices">
          <legend class="visually-hidden">How to begin</legend>
          <Choice kind="create" chosen={kind} choose={setKind}>
            New wallet
          </Choice>
          <Choice kind="import" chosen={kind} choose={setKind}>
            Wallet file
          </Choice>
          <Choice kind="restore" chosen={kind} choose={setKind}>
            Seed phrase
          </Choice>
        </fieldset>
        {kind === 'create' && <Create />}
        {kind === 'import' && <Import />}
        {kind === 'restore' && <Restore />}
      </div>
    </div>
  );
}

interface ChoiceProps {
  readonly kind: Kind;
  readonly chosen: Kind;
  readonly choose: (kind: Kind) => void;
  readonly children: string;
}

function Choice({ kind, chosen, choose, children }: ChoiceProps) {
  return (
    <label>
      <input type="radio" name="begin" checked={kind === chosen} onChange={() => choose(kind)} />
      <span>{children}</span>
    </label>
  );
}

function Introduction() {
  const { banks = [], id = '' } = network.value ?? {};
  return (
    <div class="stack loose intro">
      <h1>Your account, kept by {inWords(banks.length)} banks and seen by none</h1>
      <p class="lead">
        {listed(banks)} keep your balance together, in shares that are noise to each of them. They can check that you
        have the money, and settle your payment, without learning how much, or to whom.
      </p>
      <ul class="points">
        <li>Your keys are made on this device and never leave it.</li>
        <li>Every payment is split into one sealed share for each bank, here in this page.</li>
        <li>No bank alone, nor all but one of them together, can open your balance. You can, to whom you choose.</li>
      </ul>
      <details class="small soft">
        <summary>Which network is this?</summary>
        <p>
          Its identity is the number below. Compare it with the one that a bank gives you by another way, on paper or by
          telephone: this is all that you must trust to know who the banks are.
        </p>
        <p class="mono break">{inGroups(id).join(' ')}</p>
      </details>
    </div>
  );
}

function Create() {
  const [pass, setPass] = useState<NewPassphrase>({ first: '', second: '' });
  const [fault, setFault] = useState<string | undefined>(undefined);
  const action = useAction(sentenceOf);
  const create = () => {
    const wrong = faultOf(pass);
    setFault(wrong);
    if (wrong) return;
    void action.run(async () => {
      freshPhrase.value = await service.create(pass.first, 12);
      await keepForGood();
      phase.value = 'open';
    });
  };
  return (
    <form class="stack" onSubmit={onSubmit(create)}>
      <h2>Make a wallet</h2>
      <NewPassphraseFields value={pass} error={fault} onInput={setPass} />
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <Button look="primary" type="submit" wide busy={action.isBusy}>
        Make the wallet
      </Button>
      {action.isBusy && (
        <Busy>Turning the passphrase into a key: this is slow on purpose, for whoever would guess it.</Busy>
      )}
    </form>
  );
}

function Import() {
  const [file, setFile] = useState<string | undefined>(undefined);
  const [pass, setPass] = useState('');
  const action = useAction(sentenceOf);
  const bring = () =>
    void action.run(async () => {
      if (file === undefined) return;
      await service.importFile(file, pass);
      await keepForGood();
      phase.value = 'open';
    });
  return (
    <form class="stack" onSubmit={onSubmit(bring)}>
      <h2>Bring a wallet file</h2>
      <FileField label="Wallet file" hint="Of another browser, or of the command line." onText={setFile} />
      <Passphrase label="Its passphrase" value={pass} onInput={setPass} />
      <Notice look="warn">
        From here on use the wallet in one place: a copy does not learn what the other one has paid.
      </Notice>
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <Button look="primary" type="submit" wide busy={action.isBusy} disabled={file === undefined || pass === ''}>
        Open it here
      </Button>
      {action.isBusy && <Busy>Opening the file</Busy>}
    </form>
  );
}

function Restore() {
  const [phrase, setPhrase] = useState('');
  const [pass, setPass] = useState<NewPassphrase>({ first: '', second: '' });
  const [fault, setFault] = useState<string | undefined>(undefined);
  const action = useAction(sentenceOf);
  const restore = () => {
    const wrong = faultOf(pass);
    setFault(wrong);
    if (wrong) return;
    void action.run(async () => {
      await service.create(pass.first, 12, phrase);
      await keepForGood();
      phase.value = 'open';
      go('/open-account?kind=own');
    });
  };
  return (
    <form class="stack" onSubmit={onSubmit(restore)}>
      <h2>Restore from the seed phrase</h2>
      <TextField
        label="Seed phrase"
        hint="Its 12 or 24 words, with spaces. It brings back the keys, not the list of what was paid."
        rows={3}
        autocapitalize="off"
        spellcheck={false}
        value={phrase}
        onInput={setPhrase}
      />
      <NewPassphraseFields value={pass} error={fault} onInput={setPass} />
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <Button look="primary" type="submit" wide busy={action.isBusy} disabled={phrase.trim() === ''}>
        Restore the wallet
      </Button>
      {action.isBusy && <Busy>Making the keys from the words</Busy>}
    </form>
  );
}

/** Asks the browser not to clear the wallet when it is short of room. Some browsers decide by themselves. */
async function keepForGood(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
}
