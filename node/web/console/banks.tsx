/** The banks in a ring, this one marked, with its links; the same as a list for those who read, with what each runs. */
import type { ConsoleState } from 'covault/console';
import { duration } from './format.js';
import { Panel } from './panel.js';

interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly look: 'self' | 'here' | 'awaited' | 'away' | 'accused';
  readonly said: string;
  /** Of its software; nothing where it has not said. */
  readonly version: string | null;
}

const [width, height, radius] = [360, 232, 78];

export function Banks({ state }: { readonly state: ConsoleState }) {
  const places = placesOf(state);
  const self = places.find(({ look }) => look === 'self');
  const others = places.filter(place => place !== self);
  const here = others.filter(({ look }) => look !== 'away').length;
  return (
    <Panel
      title="Banks"
      area="area-banks"
      aside={
        <span class="soft small">
          {here + 1} of {places.length} connected
        </span>
      }
    >
      <svg
        class="ring"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${here} of ${others.length} links are up.`}
      >
        {self &&
          others.map(place => (
            <line key={place.name} class={`link ${place.look}`} x1={self.x} y1={self.y} x2={place.x} y2={place.y} />
          ))}
        {places.map(({ name, x, y, look }) => (
          <g key={name} class={`node ${look}`}>
            <circle cx={x} cy={y} r="15" />
            {look === 'away' || look === 'accused' ? (
              <path d={`M${x - 5} ${y - 5}l10 10m0-10l-10 10`} />
            ) : (
              <path d={`M${x - 6} ${y + 6}h12M${x - 7} ${y - 2}l7-5 7 5M${x - 4} ${y}v4m4-4v4m4-4v4`} />
            )}
            <text x={x} y={y < height / 2 - 20 ? y - 23 : y + 32} text-anchor="middle">
              {name.length > 18 ? `${name.slice(0, 17)}…` : name}
            </text>
          </g>
        ))}
      </svg>
      <ul class="bank-list">
        {places.map(({ name, look, said, version }) => (
          <li key={name} data-bank={name} data-look={look}>
            <span class={`dot ${look}`} aria-hidden="true" />
            <strong>{name}</strong>
            <span class="soft">{said}</span>
            <Version version={version} own={state.versions.covault} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What a bank says that it runs: another version than this bank's is marked, in words too. */
function Version({ version, own }: { readonly version: string | null; readonly own: string }) {
  if (version === null) return <span class="version soft">version not told</span>;
  if (version === own) return <span class="version soft number">{version}</span>;
  return (
    <span class="version tag warn" data-testid="other-version">
      {version}: not {own}
    </span>
  );
}

function placesOf({ bank, network, peers, evidence, versions }: ConsoleState): Place[] {
  const { banks } = network;
  const turn = banks.indexOf(bank);
  return banks.map((name, i) => {
    const angle = Math.PI / 2 + (2 * Math.PI * (i - turn)) / banks.length;
    const peer = peers.find(other => other.name === name);
    const place = {
      name,
      x: width / 2 + 1.35 * radius * Math.cos(angle),
      y: height / 2 + radius * Math.sin(angle),
      version: peer ? peer.version : versions.covault,
    };
    if (!peer) return { ...place, look: 'self', said: 'this bank' };
    const since = duration(peer.sinceSeconds);
    if (evidence?.accuser === bank && evidence.culprit === name) {
      return { ...place, look: 'accused', said: 'quarantined: this bank holds evidence against it' };
    }
    if (!peer.connected) return { ...place, look: 'away', said: `away for ${since}` };
    if (peer.awaited) return { ...place, look: 'awaited', said: `connected for ${since}; waited for now` };
    return { ...place, look: 'here', said: `connected for ${since}` };
  });
}
