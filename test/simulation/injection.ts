/** Faults as they happen: each begins at its moment and ends by itself. */
import { Reader } from '../../src/codec/index.js';
import { toHex } from '../../src/crypto/index.js';
import type { BankProcess } from './bank-process.js';
import type { Channels } from './channels.js';
import { headKey } from './checkers/keys.js';
import type { Entries } from './disk.js';
import { armedMs, type Fault } from './faults.js';
import type { Schedule } from './schedule.js';
import type { Stocks } from './stock.js';

export interface InjectionOptions {
  readonly schedule: Schedule;
  /** By bank. */
  readonly processes: readonly BankProcess[];
  readonly channels: Channels;
  readonly stocks: Stocks;
  readonly crashed: (bank: number) => void;
  /** It comes back on a copy that lacks something, among it so many heights; `isLost`: a record that no other disk holds. */
  readonly restored: (bank: number, behind: number, isLost: boolean) => void;
  readonly note: (what: string) => void;
}

export class Injection {
  readonly #o: InjectionOptions;
  /** What makes a bank slow just now, by bank. */
  readonly #slowness: readonly number[][];

  constructor(options: InjectionOptions) {
    this.#o = options;
    this.#slowness = options.processes.map(() => []);
  }

  /** Each at its time. */
  begin(faults: readonly Fault[]): void {
    for (const fault of faults) this.#o.schedule.at(fault.atMs, () => this.#begin(fault));
  }

  #begin(fault: Fault): void {
    const { schedule, processes, channels, stocks, note } = this.#o;
    note(JSON.stringify(fault));
    switch (fault.kind) {
      case 'crash':
        this.#crash(fault.bank, fault.awayMs);
        break;
      case 'crash-at-operation': {
        const { bank, awayMs } = fault;
        const crashed = () => this.restart(bank, awayMs);
        schedule.after(armedMs, processes[bank].crashAt(fault, crashed));
        break;
      }
      case 'blackout':
        for (const bank of processes.keys()) this.#crash(bank, fault.awayMs);
        break;
      case 'disconnect':
        channels.stall(...fault.banks, fault.ms);
        break;
      case 'partition':
        this.#partition(fault.side, fault.ms);
        break;
      case 'late-stream':
        channels.stallStream(fault.from, fault.to, fault.use, fault.ms);
        break;
      case 'slow':
        this.#slow(fault.bank, fault.times, fault.ms);
        break;
      case 'full-disk': {
        const { disk } = processes[fault.bank];
        disk.full = true;
        schedule.after(fault.ms, () => {
          disk.full = false;
        });
        break;
      }
      case 'lost-stock':
        stocks.fail(fault.bank, fault.code);
        break;
      case 'lost-intake':
        processes[fault.bank].loseIntake();
        break;
      case 'old-copy':
        this.#restoreOldCopy(fault);
    }
  }

  #partition(side: readonly number[], ms: number): void {
    const { processes, channels } = this.#o;
    const others = [...processes.keys()].filter(bank => !side.includes(bank));
    for (const a of side) for (const b of others) channels.stall(a, b, ms);
  }

  #crash(bank: number, awayMs: number): void {
    const { processes } = this.#o;
    if (!processes[bank].isRunning) return;
    processes[bank].crash();
    this.restart(bank, awayMs);
  }

  /** A process that is gone comes back. */
  restart(bank: number, awayMs: number): void {
    const { schedule, processes, crashed, note } = this.#o;
    note(`bank ${bank} is gone`);
    crashed(bank);
    schedule.after(awayMs, () => void processes[bank].start());
  }

  #slow(bank: number, times: number, ms: number): void {
    const { schedule, processes, channels } = this.#o;
    const slow = this.#slowness[bank];
    // the slowest of them counts: three at once would make one frame last longer than any wait for progress
    const set = () => {
      channels.slowness[bank] = Math.max(1, ...slow);
      processes[bank].disk.slowness = channels.slowness[bank];
    };
    slow.push(times);
    set();
    schedule.after(ms, () => {
      slow.splice(slow.indexOf(times), 1);
      set();
    });
  }

  /** `atMs` is when the copy is made. */
  #restoreOldCopy({ bank, lostMs, awayMs }: Extract<Fault, { kind: 'old-copy' }>): void {
    const { schedule, processes, restored } = this.#o;
    const process = processes[bank];
    const copy = process.disk.copy();
    schedule.after(lostMs, () => {
      process.crash();
      if (!isSame(copy, process.disk.entries)) {
        const height = heightOf(process.disk.entries);
        process.disk.restore(copy);
        const isLost = processes.every(({ disk }) => heightOf(disk.entries) < height);
        restored(bank, height - heightOf(copy), isLost);
      }
      this.restart(bank, awayMs);
    });
  }
}

function isSame(a: Entries, b: Entries): boolean {
  return a.size === b.size && [...a].every(([key, value]) => toHex(b.get(key) ?? new Uint8Array(0)) === toHex(value));
}

/** Of the last record on a disk. */
function heightOf(entries: Entries): number {
  const head = entries.get(toHex(headKey));
  return head ? new Reader(head, 'stored head').u64() : 0;
}
