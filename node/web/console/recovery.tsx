/** What the network has recovered from, as all banks have signed it in the network file, and what of it is under way. */
import type { ConsoleState } from 'covault/console';
import { Icon } from '../common/icons.js';
import { plural, whole } from './format.js';
import { Facts, Panel } from './panel.js';

const shownMax = 6;

export function Recovery({ state }: { readonly state: ConsoleState }) {
  const { recovery, versions } = state;
  const { amendments, liftsMax, adopted } = recovery;
  const underWay = underWaySaid(state);
  const lifts = amendments.filter(({ kind }) => kind === 'pardon').length;
  return (
    <Panel
      title="Recovered from"
      aside={<span class="soft small number">roster version {whole(versions.rosterVersion)}</span>}
    >
      <p class={`verdict ${underWay === undefined ? 'good' : 'warn'}`} data-testid="recovery">
        <Icon name={underWay === undefined ? 'check' : 'clock'} />
        {underWay ??
          (amendments.length === 0 && !adopted ? 'Nothing: no pardon, no rebuilt bank' : 'All of it is done')}
      </p>
      {amendments.length > 0 && (
        <ol class="amendments">
          {[...amendments]
            .reverse()
            .slice(0, shownMax)
            .map(each => (
              <li key={each.version}>
                <span class="soft number">version {whole(each.version)}</span>
                {each.kind === 'pardon' ? (
                  <span>Pardon {whole(each.lift)}: accusations lifted, all MAC keys drawn anew</span>
                ) : (
                  <span>
                    <strong>{each.bank}</strong> came back from what the others kept, under new keys
                  </span>
                )}
              </li>
            ))}
        </ol>
      )}
      {amendments.length > shownMax && (
        <p class="small soft">And {plural(amendments.length - shownMax, 'version')} before these.</p>
      )}
      <Facts
        facts={[
          ['Pardons', `${whole(lifts)} of at most ${whole(liftsMax)}`],
          [
            'Adoption in force',
            adopted ? `attempt ${whole(adopted.attempt)} at height ${whole(adopted.height)}` : 'none',
          ],
        ]}
      />
      <p class="small soft">
        Every version of the roster is signed by all banks. An adoption is told until the next restart.
      </p>
    </Panel>
  );
}

function underWaySaid({ recovery }: ConsoleState): string | undefined {
  const { rekeying, adopting, amendments } = recovery;
  if (adopting) {
    const { attempt, height } = adopting;
    return `This bank has signed to adopt attempt ${whole(attempt)} at height ${whole(height)}, and waits for the words of all`;
  }
  const last = amendments.at(-1);
  if (!rekeying || last?.kind !== 'pardon') return rekeying ? 'All MAC keys are being drawn anew' : undefined;
  return `Pardon ${whole(last.lift)} is being carried out: nothing settles before all MAC keys are new`;
}
