/** This bank's machine and program, and what happened last. */
import type { ConsoleState } from 'covault/console';
import { Icon } from '../common/icons.js';
import { bytes, duration, secondOf, whole } from './format.js';
import { Facts, Gauge, Panel } from './panel.js';

export function Machine({ state }: { readonly state: ConsoleState }) {
  const { machine, versions, network, traffic } = state;
  const { diskFreeBytes, diskBytes, dataBytes, memoryBytes, memoryLimitBytes, loopDelayMs, uptimeSeconds } = machine;
  return (
    <Panel title="This machine" aside={<span class="soft small">up {duration(uptimeSeconds)}</span>}>
      {diskFreeBytes === null || diskBytes === null ? (
        <Meter name="Disk" said="not looked at yet" />
      ) : (
        <Meter
          name="Disk"
          said={`${bytes(diskFreeBytes)} free of ${bytes(diskBytes)}`}
          used={1 - diskFreeBytes / diskBytes}
        />
      )}
      <Meter
        name="Memory"
        said={`${bytes(memoryBytes)} of ${bytes(memoryLimitBytes)}`}
        used={memoryBytes / memoryLimitBytes}
      />
      <Facts
        facts={[
          ['Data folder', dataBytes === null ? 'not counted' : bytes(dataBytes)],
          ['Held up for', `${whole(loopDelayMs)} ms at most, last second`],
          ...(traffic === null
            ? []
            : [
                [
                  'Traffic since start',
                  `${bytes(traffic.sentBytes)} sent, ${bytes(traffic.receivedBytes)} received`,
                ] as const,
              ]),
          ['Version', `covault ${versions.covault}, node ${versions.node}`],
          ['Store format, roster', `${versions.storeFormat}, ${versions.rosterVersion}`],
          ['Accounts', `${whole(network.accounts)} in pages of ${whole(network.pageSize)}`],
          ['Network id', <code class="break small">{network.id}</code>],
        ]}
      />
    </Panel>
  );
}

interface MeterProps {
  readonly name: string;
  readonly said: string;
  /** Part of the whole; nothing where nobody has looked yet. */
  readonly used?: number;
}

function Meter({ name, said, used }: MeterProps) {
  return (
    <div class="meter">
      <div class="row spread">
        <strong>{name}</strong>
        <span class="number soft small">{said}</span>
      </div>
      {used !== undefined && (
        <Gauge
          part={used}
          look={used > 0.95 ? 'bad' : used > 0.85 ? 'warn' : 'good'}
          label={`${name} ${Math.round(100 * used)}% used`}
        />
      )}
    </div>
  );
}

export function Events({ state }: { readonly state: ConsoleState }) {
  const { events } = state;
  return (
    <Panel title="Recent events" area="area-events">
      {events.length === 0 ? (
        <p class="soft">Nothing worth a line has happened.</p>
      ) : (
        <ol class="events">
          {events.slice(0, 40).map(({ at, level, event, facts }, i) => (
            <li key={`${at} ${i}`} class={level}>
              <time class="number soft" dateTime={new Date(at).toISOString()}>
                {secondOf(at)}
              </time>
              <span class="event-mark" aria-hidden="true">
                <Icon name={level === 'warn' ? 'alert' : 'info'} size={16} />
              </span>
              <span>
                {level === 'warn' && <span class="visually-hidden">Warning: </span>}
                {event}{' '}
                <span class="soft">
                  {Object.entries(facts)
                    .map(([name, value]) => `${name} ${value}`)
                    .join(', ')}
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
