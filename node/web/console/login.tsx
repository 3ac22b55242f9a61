/** The token is typed or pasted once, changed for a session, and forgotten. */
import { useState } from 'preact/hooks';
import { onSubmit, useAction } from '../common/action.js';
import { Button, ThemeSwitch } from '../common/components.js';
import { Mark } from '../common/mark.js';
import { TextField } from '../common/text-field.js';
import { ApiError, login } from './api.js';

export function Login({ onDone }: { readonly onDone: () => void }) {
  const [token, setToken] = useState('');
  const { isBusy, error, run } = useAction(said);
  const enter = () =>
    void run(async () => {
      const given = token.trim();
      if (given === '') throw new ApiError('NO_TOKEN', 'Paste the token first.');
      await login(given);
      setToken('');
      onDone();
    });

  return (
    <main class="login">
      <div class="login-theme">
        <ThemeSwitch />
      </div>
      <form class="card stack" onSubmit={onSubmit(enter)} novalidate>
        <div class="stack tight">
          <Mark size={40} />
          <h1>Operators' console</h1>
          <p class="soft">What this bank sees of the network, and nothing of what its holders have.</p>
        </div>
        <TextField
          label="Token"
          error={error}
          hint={
            <>
              In the bank's token file, which its operators may read: <code>console-token</code> in the data folder, or
              where <code>console.tokenFile</code> says.
            </>
          }
          class="mono"
          type="password"
          spellcheck={false}
          value={token}
          onInput={setToken}
        />
        <Button type="submit" look="primary" icon="key" busy={isBusy} wide>
          Enter
        </Button>
        <p class="small soft">The token is not kept. This tab holds a session that ends when you leave or close it.</p>
      </form>
    </main>
  );
}

function said(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong on this page.';
  if (error.code === 'UNAUTHORIZED') return 'That is not the token of this console.';
  if (error.code === 'RATE_LIMITED') {
    return `Too many wrong tokens. Try again in ${error.retryAfterSeconds ?? 60} s.`;
  }
  return error.code === 'UNREACHABLE' ? 'The console does not answer. Is the bank running?' : error.message;
}
