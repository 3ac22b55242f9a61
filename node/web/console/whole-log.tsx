/** All of the log, from genesis, with the library's chain verifier: when the operator asks for it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../common/components.js';
import { Icon } from '../common/icons.js';
import { plural, whole } from './format.js';
import { Gauge, Panel } from './panel.js';
import { type Network, named, type Verified, verifyAll } from './verify.js';

type Walk =
  | { readonly kind: 'none' }
  | { readonly kind: 'walking'; readonly done: number; readonly of: number }
  | { readonly kind: 'holds'; readonly verified: Verified }
  | { readonly kind: 'broken'; readonly why: string };

export function WholeLog({ network, height }: { readonly network: Network; readonly height: number }) {
  const [walk, setWalk] = useState<Walk>({ kind: 'none' });
  const ending = useRef(new AbortController());
  useEffect(() => {
    setWalk({ kind: 'none' });
    return () => ending.current.abort();
  }, [network]);

  async function start(): Promise<void> {
    ending.current.abort();
    const abort = new AbortController();
    ending.current = abort;
    setWalk({ kind: 'walking', done: 0, of: height });
    try {
      const verified = await verifyAll(network, (done, of) => setWalk({ kind: 'walking', done, of }), abort.signal);
      setWalk({ kind: 'holds', verified });
    } catch (error) {
      if (abort.signal.aborted) return;
      setWalk({ kind: 'broken', why: error instanceof Error ? named(network, error.message) : 'it cannot be read' });
    }
  }

  return (
    <Panel
      title="The whole log"
      aside={
        <Button busy={walk.kind === 'walking'} disabled={height < 1} onClick={() => void start()}>
          Verify from genesis
        </Button>
      }
    >
      <div class="whole-said" role="status" data-testid="whole-log" data-kind={walk.kind}>
        {said(walk, height)}
      </div>
    </Panel>
  );
}

function said(walk: Walk, height: number) {
  switch (walk.kind) {
    case 'none':
      return (
        <p class="soft">
          {plural(height, 'record', 'records')}: every signature, every hash, one fate for every envelope, the supply.
          About a thousand signatures a second.
        </p>
      );
    case 'walking':
      return (
        <>
          <Gauge part={walk.of === 0 ? 0 : walk.done / walk.of} label={`${walk.done} of ${walk.of} records`} />
          <p class="small soft number">
            {whole(walk.done)} of {whole(walk.of)}
          </p>
        </>
      );
    case 'holds': {
      const { height: to, finalHeight, head, envelopes, burned } = walk.verified;
      return (
        <>
          <p class="verdict good">
            <Icon name="check" />
            The log holds: {plural(to, 'record')}, final up to {whole(finalHeight)}
          </p>
          <p class="small soft">
            {plural(envelopes, 'envelope')}, {whole(burned)} burned. A bank can hide the end of the log, not change it:
            compare the head with another bank's.
          </p>
          <p class="small">
            <span class="soft">Head</span> <code class="break">{head}</code>
          </p>
        </>
      );
    }
    case 'broken':
      return (
        <p class="verdict bad">
          <Icon name="alert" />
          The log does NOT hold: {walk.why}. Keep a copy of this bank's log and network file, and call the operators of
          all banks.
        </p>
      );
  }
}
