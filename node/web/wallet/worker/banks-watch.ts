/**
 * Which banks are at work, as their gateways say: asked every few seconds, for the page to show. Nothing depends on it.
 */
import type { Gateways, Network } from 'covault/wallet';

export interface BankState {
  readonly name: string;
  /** 'away': its gateway does not answer here. 'alone': it does, and misses other banks. */
  readonly state: 'unknown' | 'working' | 'alone' | 'away' | 'halted';
  /** The banks it misses. */
  readonly waitingFor: readonly string[];
  readonly url: string | undefined;
}

const everyMs = 5_000;
const answerMs = 4_000;

/** Calls `tell` with all banks, at once and whenever something has changed, as long as the worker lives. */
export function watchBanks(network: Network, gateways: Gateways, tell: (banks: readonly BankState[]) => void): void {
  let told = '';
  const look = async () => {
    const banks = await Promise.all(network.banks.map(({ name }) => stateOf(name, gateways[name], network)));
    const now = JSON.stringify(banks);
    if (now !== told) tell(banks);
    told = now;
    setTimeout(look, everyMs);
  };
  tell(network.banks.map(({ name }) => ({ ...silent(name, gateways[name]), state: 'unknown' })));
  void look();
}

const silent = (name: string, url: string | undefined): BankState => ({
  name,
  state: 'away',
  waitingFor: [],
  url,
});

async function stateOf(name: string, url: string | undefined, network: Network): Promise<BankState> {
  if (url === undefined) return { ...silent(name, url), state: 'unknown' };
  try {
    const signal = AbortSignal.timeout(answerMs);
    const answer = await fetch(`${url.replace(/\/+$/, '')}/v1/status`, { signal, redirect: 'error' });
    return { ...silent(name, url), ...readStatus(await answer.json(), network) };
  } catch {
    return silent(name, url);
  }
}

function readStatus(status: Record<string, unknown>, network: Network): Pick<BankState, 'state' | 'waitingFor'> {
  const { phase, peers } = status;
  const names = network.banks.map(bank => bank.name);
  const missing = (Array.isArray(peers) ? peers : [])
    .filter(peer => peer?.connected === false && names.includes(peer.name))
    .map(peer => `${peer.name}`);
  const state = phase === 'halted' ? 'halted' : missing.length > 0 ? 'alone' : 'working';
  return { state, waitingFor: missing };
}
