/** A passphrase: hidden unless its holder wants to see it. New ones are asked for twice. */
import { useState } from 'preact/hooks';
import { textOf } from '../../common/action.js';
import { Button, Field } from '../../common/components.js';

interface PassphraseProps {
  readonly label?: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly value: string;
  readonly isNew?: boolean;
  readonly onInput: (value: string) => void;
}

export function Passphrase({ label = 'Passphrase', hint, error, value, isNew = false, onInput }: PassphraseProps) {
  const [isShown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {aria => (
        <div class="with-button">
          <input
            {...aria}
            class="input"
            type={(isShown ? 'text' : 'password') as 'password'}
            autocomplete={isNew ? 'new-password' : 'current-password'}
            autocapitalize="off"
            spellcheck={false}
            value={value}
            onInput={event => onInput(textOf(event))}
          />
          <Button look="quiet" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
            {isShown ? 'Hide' : 'Show'}
          </Button>
        </div>
      )}
    </Field>
  );
}

export interface NewPassphrase {
  readonly first: string;
  readonly second: string;
}

/** What is wrong with a new passphrase, if anything. Length is what counts: no rules about kinds of characters. */
export function faultOf({ first, second }: NewPassphrase): string | undefined {
  if ([...first].length < 10) return 'Ten characters or more: four or five random words are easy to keep in mind.';
  return first === second ? undefined : 'The two are not the same.';
}

interface NewPassphraseProps {
  readonly value: NewPassphrase;
  readonly error?: string | undefined;
  readonly onInput: (value: NewPassphrase) => void;
}

export function NewPassphraseFields({ value, error, onInput }: NewPassphraseProps) {
  return (
    <>
      <Passphrase
        label="New passphrase"
        hint="It encrypts the wallet on this device. Nobody can reset it; the seed phrase is the way back."
        value={value.first}
        isNew
        onInput={first => onInput({ ...value, first })}
      />
      <Passphrase
        label="The same again"
        value={value.second}
        error={error}
        isNew
        onInput={second => onInput({ ...value, second })}
      />
    </>
  );
}
