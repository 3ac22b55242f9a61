/** The state of the banks in one line, for the head of every page; and in full, for whoever wants to know. */
import { Notice } from '../../common/components.js';
import { banks } from '../session.js';
import { networkWords } from '../words.js';

export function BanksLine() {
  const { look, short, long } = networkWords(banks.value);
  return (
    <span class={`tag banks-line ${look}`} role="status" title={long}>
      <span class="dot" aria-hidden="true" />
      {short}
    </span>
  );
}

/** Only when something is amiss. */
export function BanksNotice() {
  const { look, short, long } = networkWords(banks.value);
  if (look !== 'warn' && look !== 'bad') return null;
  return (
    <Notice look={look} title={short}>
      {long}
    </Notice>
  );
}
