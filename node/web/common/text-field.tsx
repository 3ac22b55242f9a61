/** A text that the reader types: one line, or several. */
import type { ComponentChildren } from 'preact';
import { textOf } from './action.js';
import { Field } from './components.js';

interface TextFieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onInput: (text: string) => void;
  /** Several lines, so many to begin with. */
  readonly rows?: number;
  readonly type?: 'text' | 'password' | 'date';
  /** Beside `input`. */
  readonly class?: 'mono' | 'amount';
  readonly maxLength?: number;
  readonly inputMode?: 'decimal';
  readonly placeholder?: string;
  readonly autocapitalize?: 'off';
  readonly spellcheck?: boolean;
}

export function TextField({ label, hint, error, onInput, rows, type = 'text', class: more, ...rest }: TextFieldProps) {
  const shared = {
    ...rest,
    class: more ? `input ${more}` : 'input',
    onInput: (event: Event) => onInput(textOf(event)),
  };
  return (
    <Field label={label} hint={hint} error={error}>
      {aria =>
        rows === undefined ? (
          <input {...aria} {...shared} type={type as 'text'} autocomplete="off" />
        ) : (
          <textarea {...aria} {...shared} rows={rows} autocomplete="off" />
        )
      }
    </Field>
  );
}
