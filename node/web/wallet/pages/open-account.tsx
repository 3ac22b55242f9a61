/** Open an account: with a claim file, a free one, or one that this seed phrase has opened before. */
import { useState } from 'preact/hooks';
import { onSubmit, useAction } from '../../common/action.js';
import { Busy, Button, Notice } from '../../common/components.js';
import { TextField } from '../../common/text-field.js';
import { Amount } from '../parts/amount.js';
import { FileField } from '../parts/file-field.js';
import { go, place } from '../router.js';
import { progress, service } from '../session.js';
import { progressSentence, sentenceOf } from '../words.js';

type Kind = 'claim' | 'free' | 'own';

export function OpenAccountPage() {
  const [kind, setKind] = useState<Kind>(place.value.query.get('kind') === 'own' ? 'own' : 'claim');
  const [label, setLabel] = useState('');
  const [claim, setClaim] = useState<{ text: string; account: number; balance: bigint } | undefined>(undefined);
  const [own, setOwn] = useState('');
  const reading = useAction(sentenceOf);
  const action = useAction(sentenceOf);
  const isReady = kind === 'free' || (kind === 'claim' ? claim !== undefined : own.trim() !== '');

  const readClaim = (text: string) =>
    void reading.run(async () => {
      setClaim(undefined);
      setClaim({ text, ...(await service.readClaim(text)) });
    });
  const open = () =>
    void action.run(async () => {
      if (kind === 'own') await service.adoptAccount(own.trim(), label.trim());
      else await service.openAccount(kind === 'claim' ? claim?.text : undefined, label.trim());
      go('/');
    });

  return (
    <form class="narrow stack" onSubmit={onSubmit(open)}>
      <h1>Open an account</h1>
      <fieldset class="options">
        <legend class="label">Which one?</legend>
        <Option kind="claim" chosen={kind} choose={setKind} title="With a claim file">
          An account that holds money from the start. The file is the right to open it.
        </Option>
        <Option kind="free" chosen={kind} choose={setKind} title="A free account">
          Empty, and drawn at random among all that nobody has.
        </Option>
        <Option kind="own" chosen={kind} choose={setKind} title="One that I had before">
          After restoring the wallet from its seed phrase.
        </Option>
      </fieldset>
      {kind === 'claim' && <FileField label="Claim file" error={reading.error} onText={readClaim} />}
      {kind === 'claim' && claim && (
        <Notice look="good" title={`Account ${claim.account}`}>
          <p>
            It holds <Amount value={claim.balance} /> from the start.
          </p>
        </Notice>
      )}
      {kind === 'own' && (
        <TextField label="Account address or number" class="mono" spellcheck={false} value={own} onInput={setOwn} />
      )}
      <TextField
        label="Its name (optional)"
        hint="For you alone: it stays in the encrypted wallet."
        maxLength={40}
        value={label}
        onInput={setLabel}
      />
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <Button look="primary" type="submit" wide busy={action.isBusy} disabled={!isReady}>
        {kind === 'own' ? 'Take it up' : 'Open the account'}
      </Button>
      {action.isBusy && (
        <Busy>
          {progressSentence(progress.value.open, 'Making the keys of the account and splitting them for the banks')}
        </Busy>
      )}
    </form>
  );
}

interface OptionProps {
  readonly kind: Kind;
  readonly chosen: Kind;
  readonly choose: (kind: Kind) => void;
  readonly title: string;
  readonly children: string;
}

function Option({ kind, chosen, choose, title, children }: OptionProps) {
  return (
    <label class="option">
      <input type="radio" name="kind" checked={kind === chosen} onChange={() => choose(kind)} />
      <span class="stack">
        <span class="label">{title}</span>
        <span class="small soft">{children}</span>
      </span>
    </label>
  );
}
