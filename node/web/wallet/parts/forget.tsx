/** The end of a wallet on this device, asked for twice. */
import { useState } from 'preact/hooks';
import { useAction } from '../../common/action.js';
import { Button, Notice } from '../../common/components.js';
import { sentenceOf } from '../words.js';

/** Whoever reads it must not walk away from a shared computer. */
const forgettingSentence = (error: unknown): string =>
  `The wallet could not be removed: it is still in this browser. ${sentenceOf(error)}`;

export interface ForgetProps {
  readonly isPaying: boolean;
  readonly forget: () => Promise<void>;
}

export function Forget({ isPaying, forget }: ForgetProps) {
  const [isAsked, setAsked] = useState(false);
  const action = useAction(forgettingSentence);
  return (
    <section class="card stack" aria-labelledby="forget">
      <h2 id="forget">Remove from this device</h2>
      <p>
        The accounts and the money in them stay. Without the wallet file or the seed phrase on paper nobody can reach
        them again.
      </p>
      {isPaying && (
        <Notice look="warn">A payment is under way. Wait for its verdict, or save the wallet file first.</Notice>
      )}
      {action.error && <Notice look="bad">{action.error}</Notice>}
      <div class="row">
        {isAsked ? (
          <>
            <Button look="danger" busy={action.isBusy} onClick={() => void action.run(forget)}>
              Yes, remove it: I have the words on paper
            </Button>
            <Button onClick={() => setAsked(false)}>Keep it</Button>
          </>
        ) : (
          <Button look="danger" onClick={() => setAsked(true)}>
            Remove the wallet
          </Button>
        )}
      </div>
    </section>
  );
}
