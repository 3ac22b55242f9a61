/** The public log, newest first, each record checked on this device; and all of it, from genesis, when asked. */
import type { ConsoleState } from 'covault/console';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../common/components.js';
import { allBanks, hexOf } from '../common/format.js';
import { Icon } from '../common/icons.js';
import { useAnswer } from '../common/use-answer.js';
import { plural, shortHex, whole } from './format.js';
import { Panel } from './panel.js';
import { kindsOf, RecordDetails } from './record-details.js';
import { type CheckedEntry, checkedRecords, type Network, networkOfBank, networkOfText } from './verify.js';
import { WholeLog } from './whole-log.js';

const perPage = 25;

interface Pinned {
  readonly network: Network;
  readonly id: string;
  readonly isOwn: boolean;
}

export function Records({ state }: { readonly state: ConsoleState }) {
  const [pinned, setPinned] = useState<Pinned>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    networkOfBank().then(
      network => setPinned(own => own ?? { network, id: hexOf(network.id), isOwn: false }),
      () => setTrouble('The network file of this bank cannot be read.'),
    );
  }, []);
  return (
    <div class="records-view">
      <h1>Records</h1>
      <p class="soft lead">
        Everything that all banks have signed. Each record is checked on this device, as <code>covault log verify</code>{' '}
        does: the signatures of {allBanks(state.network.banks.length)}, the hash of the record before, the supply.
      </p>
      {trouble && <p class="verdict bad">{trouble}</p>}
      {pinned && (
        <>
          <NetworkPin state={state} pinned={pinned} onOwn={setPinned} />
          <WholeLog network={pinned.network} height={state.height} />
          <Page state={state} network={pinned.network} />
        </>
      )}
    </div>
  );
}

/** Whom one trusts for who the banks are. */
function NetworkPin({
  state,
  pinned,
  onOwn,
}: {
  readonly state: ConsoleState;
  readonly pinned: Pinned;
  readonly onOwn: (pinned: Pinned) => void;
}) {
  const [error, setError] = useState<string>();
  const file = useRef<HTMLInputElement>(null);
  const fits = pinned.id === state.network.id;

  async function read(): Promise<void> {
    const given = file.current?.files?.[0];
    if (!given) return;
    try {
      const network = networkOfText(await given.text());
      setError(undefined);
      onOwn({ network, id: hexOf(network.id), isOwn: true });
    } catch {
      setError('That is no network file.');
    }
  }

  return (
    <Panel
      title="Who the banks are"
      aside={
        <>
          <input
            ref={file}
            id="own-network-file"
            class="visually-hidden"
            type="file"
            accept=".json"
            onChange={() => void read()}
          />
          <label for="own-network-file" class="button secondary">
            <Icon name="upload" />
            Use your own network file
          </label>
        </>
      }
    >
      <p class={`verdict ${fits ? 'good' : 'bad'}`} data-testid="pin">
        <Icon name={fits ? 'check' : 'alert'} />
        {fits
          ? pinned.isOwn
            ? 'Your network file, and this bank is of that network'
            : 'As the network file of this bank says'
          : 'This bank is of another network than that file'}
      </p>
      <p class="small">
        <span class="soft">Network</span> <code class="break">{pinned.id}</code>
      </p>
      <p class="small soft">
        {pinned.isOwn
          ? 'Nothing of this bank is believed: records are checked with the keys in your file.'
          : 'The keys come from this bank. Compare the id with what the other operators have, or give your own copy of the file.'}
      </p>
      {error && (
        <p class="said-bad small" role="alert">
          {error}
        </p>
      )}
    </Panel>
  );
}

function Page({ state, network }: { readonly state: ConsoleState; readonly network: Network }) {
  /** The height of the newest record shown; nothing: follow the log. */
  const [top, setTop] = useState<number>();
  const last = Math.min(top ?? state.height, state.height);
  const first = Math.max(1, last - perPage + 1);
  const ask = () => (last < 1 ? undefined : checkedRecords(network, first, last - first + 1));
  const { value = [], error } = useAnswer(ask, [network], [first, last, state.finalHeight]);
  const shown = value.toReversed();
  const broken = shown.filter(({ fault }) => fault !== undefined);
  return (
    <Panel
      title={last < 1 ? 'No record yet' : `Heights ${whole(last)} to ${whole(first)}`}
      area="area-records"
      aside={<Pager last={last} first={first} height={state.height} following={top === undefined} onTop={setTop} />}
    >
      {error !== undefined && (
        <p class="verdict bad">{error instanceof Error ? error.message : 'The records cannot be read.'}</p>
      )}
      {shown.length > 0 && (
        <p class={`verdict ${broken.length === 0 ? 'good' : 'bad'}`} role="status" data-testid="records-verdict">
          <Icon name={broken.length === 0 ? 'check' : 'alert'} />
          {broken.length === 0
            ? `${plural(shown.length, 'record holds', 'records hold')}: every signature of every bank was checked on this device`
            : `${plural(broken.length, 'record does', 'records do')} NOT hold. Do not act on what this bank shows; compare with another bank's console, and call its operators.`}
        </p>
      )}
      <ol class="record-list">
        {shown.map(entry => (
          <Row key={entry.height} entry={entry} network={network} />
        ))}
      </ol>
    </Panel>
  );
}

function Pager({
  last,
  first,
  height,
  following,
  onTop,
}: {
  readonly last: number;
  readonly first: number;
  readonly height: number;
  readonly following: boolean;
  readonly onTop: (top: number | undefined) => void;
}) {
  const go = (to: number) => onTop(to >= height ? undefined : Math.max(1, to));
  const jump = (event: Event) => {
    event.preventDefault();
    const wanted = Number(new FormData(event.currentTarget as HTMLFormElement).get('height'));
    if (Number.isInteger(wanted) && wanted > 0) go(Math.min(height, wanted));
  };
  return (
    <div class="pager">
      <form onSubmit={jump}>
        <label for="jump" class="visually-hidden">
          Go to height
        </label>
        <input
          id="jump"
          name="height"
          class="input"
          type="number"
          min="1"
          max={height}
          inputmode="numeric"
          placeholder="Height"
        />
      </form>
      <Button disabled={first <= 1} onClick={() => go(first - 1)}>
        Older
      </Button>
      <Button disabled={last >= height} onClick={() => go(last + perPage)}>
        Newer
      </Button>
      <Button look="quiet" disabled={following} onClick={() => onTop(undefined)}>
        {following ? 'Following' : 'Follow'}
      </Button>
    </div>
  );
}

function Row({ entry, network }: { readonly entry: CheckedEntry; readonly network: Network }) {
  const { height, record, hash, isFinal, fault } = entry;
  const [isOpen, setOpen] = useState(false);
  const holds = fault === undefined;
  return (
    <li class={`record ${holds ? '' : 'broken'}`} data-height={height} data-holds={holds}>
      <button type="button" class="record-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span class="record-height number">{whole(height)}</span>
        <span class={`tag ${holds ? 'good' : 'bad'}`}>
          <Icon name={holds ? 'check' : 'alert'} size={15} />
          {holds ? `${network.banks.length} of ${network.banks.length} signatures` : 'does not hold'}
        </span>
        <span class="record-what">{holds ? (record ? kindsOf(record) : '') : fault}</span>
        <span class="soft small">{isFinal ? 'final' : holds ? 'certified' : ''}</span>
        <code class="record-hash soft small">{hash ? shortHex(hexOf(hash)) : ''}</code>
      </button>
      {isOpen && record && <RecordDetails entry={entry} record={record} network={network} />}
    </li>
  );
}
