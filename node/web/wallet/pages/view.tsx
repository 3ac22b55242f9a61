/**
 * The other side of a consent: a link was opened, and this balance is shown, computed by all banks and certified by their
 * signatures. Needs no wallet. The code is in this page's memory alone: not in its address, not on the device.
 */
import type { Progress } from 'covault/wallet';
import { useEffect, useState } from 'preact/hooks';
import { onSubmit } from '../../common/action.js';
import { Busy, Button, Notice } from '../../common/components.js';
import { listed, money } from '../../common/format.js';
import { Icon } from '../../common/icons.js';
import { TextField } from '../../common/text-field.js';
import { shortAddress, timeOf } from '../format.js';
import { viewingCode } from '../router.js';
import { base, startViewer } from '../session.js';
import { progressSentence, sentenceOf } from '../words.js';

interface Seen {
  readonly balance: bigint;
  readonly address: string;
  readonly height: number;
  readonly banks: readonly string[];
  readonly scale: number;
  readonly at: number;
}

export function ViewPage() {
  const code = viewingCode.value;
  return (
    <div class="narrow stack loose">
      <div class="stack tight">
        <h1>A balance you were shown</h1>
        <p class="soft">
          Its holder has given you a viewing code. It opens this one number: no payments, no names, and nothing that you
          could spend.
        </p>
      </div>
      {code === undefined ? <AskCode /> : <Viewed key={code} code={code} />}
    </div>
  );
}

function Viewed({ code }: { readonly code: string }) {
  const [seen, setSeen] = useState<Seen | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const [last, setLast] = useState<Progress | undefined>(undefined);
  const [round, setRound] = useState(0);
  const [isAsking, setAsking] = useState(true);
  useEffect(() => {
    setError(undefined);
    setLast(undefined);
    const { viewer, stop } = startViewer(setLast);
    viewer
      .view(base, code)
      .then(setSeen, failed => {
        setSeen(undefined);
        setError(sentenceOf(failed));
      })
      .finally(() => {
        stop();
        setLast(undefined);
        setAsking(false);
      });
    setAsking(true);
    return stop;
  }, [code, round]);
  return (
    <>
      {seen && (
        <section class="card stack viewed" aria-label="Balance">
          <p class="small soft">
            Account <span class="mono">{shortAddress(seen.address)}</span>
          </p>
          <p class="balance number">{money(seen.balance, seen.scale)}</p>
          <p class="small soft">{`${timeOf(seen.at)}, at height ${seen.height}`}</p>
          <p class="tag good">
            <Icon name="check" size={16} />
            Signed by {listed(seen.banks)}
          </p>
        </section>
      )}
      {error && (
        <Notice look="bad" title="Nothing to see">
          {error}
        </Notice>
      )}
      {isAsking ? (
        <Busy>{progressSentence(last, 'Checking the records of the banks, from the first on')}</Busy>
      ) : (
        <Button icon="refresh" onClick={() => setRound(round + 1)}>
          Ask the banks again
        </Button>
      )}
      <p class="small soft">
        The link is your key to it: keep it if you want to look again. This page has taken it out of its address and
        keeps nothing.
      </p>
    </>
  );
}

function AskCode() {
  const [text, setText] = useState('');
  const open = () => {
    viewingCode.value = text.trim().replace(/^.*#/, '');
  };
  return (
    <form class="card stack" onSubmit={onSubmit(open)}>
      <TextField
        label="Viewing code"
        hint="Or open the link again. It begins with covview1."
        class="mono"
        rows={3}
        spellcheck={false}
        value={text}
        onInput={setText}
      />
      <Button look="primary" type="submit" wide disabled={text.trim() === ''}>
        See the balance
      </Button>
    </form>
  );
}
