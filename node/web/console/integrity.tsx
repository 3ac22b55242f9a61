/** Whether the money adds up, whether anybody cheated, and what was refused. */
import type { ConsoleState } from 'covault/console';
import { useState } from 'preact/hooks';
import { useAction } from '../common/action.js';
import { Button } from '../common/components.js';
import { Icon } from '../common/icons.js';
import { ApiError, post } from './api.js';
import { money, rough, shortHex, whole } from './format.js';
import { Facts, Panel } from './panel.js';

export function Conservation({ state }: { readonly state: ConsoleState }) {
  const { conservation, network, phase } = state;
  const { supply, from, to, brokenAt, audits } = conservation;
  const [asked, setAsked] = useState<string>();
  const { isBusy, error, run } = useAction(failed =>
    failed instanceof ApiError ? failed.message : 'That did not work.',
  );
  const last = audits[0];
  const audit = () =>
    void run(async () => {
      const { id } = await post<{ id: string }>('/v1/audits');
      setAsked(`Asked for: envelope ${shortHex(id)}. Its record comes when all banks have summed.`);
    });
  return (
    <Panel
      title="Conservation"
      aside={
        <Button look="secondary" busy={isBusy} disabled={phase === 'halted'} onClick={audit}>
          Audit now
        </Button>
      }
    >
      <p class={`verdict ${brokenAt === null ? 'good' : 'bad'}`} data-testid="conservation">
        <Icon name={brokenAt === null ? 'check' : 'alert'} />
        {brokenAt !== null
          ? `The supply changed at height ${whole(brokenAt)}`
          : to === 0
            ? 'No record yet'
            : `The supply is the same at every height from ${whole(from)} to ${whole(to)}`}
      </p>
      {to > 0 && <Heights conservation={conservation} />}
      <Facts
        facts={[
          ['Supply', money(BigInt(supply), network.scale)],
          [
            'Balances last summed',
            last ? `at height ${whole(last.height)}: ${last.holds ? 'the supply' : 'NOT the supply'}` : 'not lately',
          ],
          ...(audits.length > 1
            ? [
                [
                  'Audits before',
                  audits
                    .slice(1, 6)
                    .map(({ height }) => whole(height))
                    .join(', '),
                ] as const,
              ]
            : []),
        ]}
      />
      <p class="small soft" role="status">
        {error ??
          asked ??
          'Every record states the supply. An audit opens the sum of all balances, and nothing of any single one.'}
      </p>
    </Panel>
  );
}

const heightsShown = 48;

/** One cell a height, newest at the right: whether the supply stands in its record, and where the balances were summed. */
function Heights({ conservation }: { readonly conservation: ConsoleState['conservation'] }) {
  const { from, to, brokenAt, audits } = conservation;
  const first = Math.max(from, to - heightsShown + 1);
  const cells = Array.from({ length: to - first + 1 }, (_, i) => {
    const height = first + i;
    const audit = audits.find(each => each.height === height);
    if (brokenAt !== null && height >= brokenAt) return { height, look: 'bad', said: 'another supply' };
    if (audit)
      return {
        height,
        look: audit.holds ? 'audited' : 'bad',
        said: audit.holds ? 'audited: balances sum to the supply' : 'audit failed',
      };
    return { height, look: 'good', said: 'the same supply' };
  });
  const summed = cells.filter(({ look }) => look === 'audited').length;
  return (
    <figure class="heights">
      <div role="img" aria-label={`The last ${cells.length} heights; audits in ${summed} of them.`}>
        {cells.map(({ height, look, said }) => (
          <span key={height} class={look} title={`Height ${whole(height)}: ${said}`} />
        ))}
      </div>
      <figcaption class="small soft number">
        <span>{whole(first)}</span>
        <span class="legend-item">
          <span class="swatch audited" aria-hidden="true" />
          audited
        </span>
        <span>{whole(to)}</span>
      </figcaption>
    </figure>
  );
}

export function Evidence({ state }: { readonly state: ConsoleState }) {
  const { evidence, halted, trouble, bank } = state;
  const isOwn = evidence?.accuser === bank;
  return (
    <Panel title="Evidence and quarantine">
      <p class={`verdict ${halted === null ? 'good' : 'bad'}`} data-testid="evidence">
        <Icon name={halted === null ? 'check' : 'alert'} />
        {said(state)}
      </p>
      {evidence && (
        <Facts
          facts={[
            ['What', evidence.why],
            [
              'Kind',
              evidence.kind === 'proof' ? 'proof: anybody can check it' : 'accusation: convinces only who saw it',
            ],
            ['On the word of', isOwn ? 'this bank, which saw it' : evidence.accuser],
            ...(evidence.culprit === undefined ? [] : [[isOwn ? 'Quarantined' : 'Accused', evidence.culprit] as const]),
          ]}
        />
      )}
      <Facts
        facts={[
          ['Attempts voided', whole(trouble.voids)],
          ['Checks failed, nobody named', whole(trouble.failedChecks)],
          ['Preprocessing stalled', whole(trouble.stalls)],
          ['Threads lost', whole(trouble.threadsLost)],
        ]}
      />
      <p class="small soft">Since the bank was started.</p>
    </Panel>
  );
}

function said({ evidence, halted, bank }: ConsoleState): string {
  if (halted === null) return 'No evidence against anybody; no bank is quarantined';
  if (!evidence) return `No evidence: this bank has trouble of its own. ${halted}`;
  const { accuser, culprit } = evidence;
  const against = culprit === undefined ? '; it names nobody' : ` against ${culprit}`;
  return accuser === bank ? `This bank holds evidence${against}` : `${accuser} says that it holds evidence${against}`;
}

const reasons = {
  integrity: ['Integrity', 'a share did not fit what the holder signed for'],
  proof: ['Proof', 'a product in the proof was wrong'],
  linear: ['Sums', 'no slot, or more than one, or a closed one'],
  authority: ['Authority', 'the wrong key'],
} as const;

export function Rejects({ state }: { readonly state: ConsoleState }) {
  const { decided, settled, lookups, opened, rekeyed, rejected } = state.totals;
  return (
    <Panel title="Decided today" area="area-rejects" aside={<span class="soft small">in steps of five</span>}>
      <Facts
        facts={[
          ['All', rough(decided)],
          ['Transfers settled', rough(settled)],
          ['Balance look-ups', rough(lookups)],
          ['Accounts opened', rough(opened)],
          ['Keys replaced', rough(rekeyed)],
        ]}
      />
      <h3 class="sub">Rejected, by reason</h3>
      <dl class="facts">
        {(Object.keys(reasons) as (keyof typeof reasons)[]).map(reason => (
          <div key={reason}>
            <dt>
              {reasons[reason][0]}
              <span class="reason">{reasons[reason][1]}</span>
            </dt>
            <dd class={`number ${rejected[reason] === 0 ? '' : 'said-warn'}`}>{rough(rejected[reason])}</dd>
          </div>
        ))}
      </dl>
      <p class="small soft">A cancelled transfer counts as settled: no bank can tell the two apart.</p>
    </Panel>
  );
}
