/** The seed phrase of a new wallet, shown once, and a question whether it has been written down. */
import { useState } from 'preact/hooks';
import { onSubmit } from '../../common/action.js';
import { Button, Notice } from '../../common/components.js';
import { TextField } from '../../common/text-field.js';
import { go } from '../router.js';
import { freshPhrase } from '../session.js';

export function FreshPhrasePage({ phrase }: { readonly phrase: string }) {
  const words = phrase.split(' ');
  const [isAsked, setAsked] = useState(false);
  return isAsked ? (
    <Ask words={words} back={() => setAsked(false)} />
  ) : (
    <Show words={words} next={() => setAsked(true)} />
  );
}

function Show({ words, next }: { readonly words: readonly string[]; readonly next: () => void }) {
  return (
    <div class="narrow stack loose">
      <div class="stack">
        <h1>Write these words on paper</h1>
        <p>
          All keys of your wallet come from them. If this device is lost they bring your accounts back, on any other.
          They are shown this once.
        </p>
      </div>
      <ol class="card phrase" aria-label="Seed phrase">
        {words.map((word, i) => (
          <li key={i}>{word}</li>
        ))}
      </ol>
      <Notice look="warn">
        Whoever reads them can pay with your money. No photograph, no file, no message; no bank will ever ask for them.
      </Notice>
      <Button look="primary" wide onClick={next}>
        I have written them down
      </Button>
    </div>
  );
}

/** Two places, drawn at random: enough to find out that nothing was written. */
function Ask({ words, back }: { readonly words: readonly string[]; readonly back: () => void }) {
  const [places] = useState(() => drawTwo(words.length));
  const [given, setGiven] = useState(['', '']);
  const [isWrong, setWrong] = useState(false);
  const check = () => {
    const isRight = places.every((place, i) => given[i].trim().toLowerCase() === words[place]);
    setWrong(!isRight);
    if (!isRight) return;
    freshPhrase.value = undefined;
    go('/');
  };
  return (
    <form class="narrow stack" onSubmit={onSubmit(check)}>
      <h1>From your paper</h1>
      <p>Two of the words, to be sure that they can be read.</p>
      {places.map((place, i) => (
        <TextField
          key={place}
          label={`Word ${place + 1}`}
          error={isWrong && i === 1 ? 'They do not fit. Look again.' : undefined}
          autocapitalize="off"
          spellcheck={false}
          value={given[i]}
          onInput={text => setGiven(given.with(i, text))}
        />
      ))}
      <div class="row">
        <Button look="primary" type="submit">
          Go on
        </Button>
        <Button look="quiet" onClick={back}>
          Show the words again
        </Button>
      </div>
    </form>
  );
}

function drawTwo(count: number): number[] {
  const [a, b] = crypto.getRandomValues(new Uint32Array(2));
  const first = a % count;
  return [first, (first + 1 + (b % (count - 1))) % count].sort((x, y) => x - y);
}
