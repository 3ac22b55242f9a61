/**
 * The few elements that all pages share. Each is plain HTML with its label, its role and its state said aloud.
 */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons.js';
import { chooseTheme, type ThemeChoice, themeChoice } from './theme.js';

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'kind'> & {
  readonly look?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly icon?: IconName;
  /** Something this button began is under way: it says so, and takes no second press. */
  readonly busy?: boolean | undefined;
  readonly wide?: boolean;
};

export function Button({ look = 'secondary', icon, busy = false, wide, children, class: more, ...rest }: ButtonProps) {
  const classes = ['button', look, wide && 'wide', more].filter(Boolean).join(' ');
  return (
    <button type="button" {...rest} class={classes} disabled={busy || rest.disabled} aria-busy={busy}>
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  /** Gets the ids that tie the input to its label, hint and error. */
  readonly children: (aria: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean;
  }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error !== undefined })}
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error && (
        <div class="error" id={`${id}-error`} role="alert">
          {error}
        </div>
      )}
    </div>
  );
}

const noticeIcons = { good: 'check', bad: 'alert', warn: 'clock', plain: 'info' } as const;

interface NoticeProps {
  readonly look?: keyof typeof noticeIcons;
  readonly title?: string;
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
}

/** Said aloud when it appears; trouble at once. */
export function Notice({ look = 'plain', title, icon = noticeIcons[look], children }: NoticeProps) {
  return (
    <div class={`notice ${look}`} role={look === 'bad' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div>
        {title && <strong>{title}</strong>}
        {typeof children === 'string' ? <p>{children}</p> : children}
      </div>
    </div>
  );
}

export function Busy({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="stack tight" role="status">
      <div class="progress" aria-hidden="true" />
      <p class="small soft">{children}</p>
    </div>
  );
}

/** The first thing that the Tab key meets. A button: a link would change the fragment, by which these pages know where they are. */
export function SkipLink({ to }: { readonly to: string }) {
  return (
    <button type="button" class="skip" onClick={() => document.getElementById(to)?.focus()}>
      Skip to the content
    </button>
  );
}

const next: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcons = { system: 'contrast', light: 'sun', dark: 'moon' } as const;

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const [choice, setChoice] = useState(themeChoice());
  const turn = () => {
    chooseTheme(next[choice]);
    setChoice(next[choice]);
  };
  const said = `Colours: ${choice === 'system' ? 'as the system' : choice}. Change`;
  return (
    <button type="button" class="button quiet icon-only" onClick={turn} aria-label={said} title={said}>
      <Icon name={themeIcons[choice]} />
    </button>
  );
}
