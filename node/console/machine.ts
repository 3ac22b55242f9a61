/**
 * What the bank's process and its machine have left: memory, the disk its data folder is on, how late its event loop is.
 * Looked at, not guarded: a bank stops by itself when its disk fails.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { consoleDiskFilesMax, consoleDiskMs } from '../../src/limits.js';
import type { Clock } from '../../src/ports.js';
import { freeMegabytes, takenMegabytes } from './discretion.js';

export interface MachineFigures {
  /** Resident, of the whole process with its threads. */
  readonly memoryBytes: number;
  /** What the process may have: the container's bound, else the machine's memory. */
  readonly memoryLimitBytes: number;
  /** Of the file system that the data folder is on, in whole megabytes; nothing until it has been looked at. */
  readonly diskFreeBytes: number | undefined;
  readonly diskBytes: number | undefined;
  /** Of this bank's data folder, in whole megabytes. */
  readonly dataBytes: number | undefined;
  /** Longest delay of the event loop since the last look, in milliseconds. */
  readonly loopDelayMs: number;
  readonly uptimeSeconds: number;
}

const loopResolutionMs = 20;

export class Machine {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #loop: IntervalHistogram;
  #disk: Pick<MachineFigures, 'diskFreeBytes' | 'diskBytes' | 'dataBytes'> = {
    diskFreeBytes: undefined,
    diskBytes: undefined,
    dataBytes: undefined,
  };
  #lookedAt: number | undefined;

  constructor(dataFolder: string, clock: Clock) {
    this.#folder = dataFolder;
    this.#clock = clock;
    this.#loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
    this.#loop.enable();
  }

  /** Once a tick. */
  look(): MachineFigures {
    const now = this.#clock.now();
    if (this.#lookedAt === undefined || now - this.#lookedAt >= consoleDiskMs) {
      this.#lookedAt = now;
      void this.#lookAtDisk();
    }
    // what is measured is from one beat to the next
    const loopDelayMs = Math.max(0, Math.round(this.#loop.max / 1e6) - loopResolutionMs);
    this.#loop.reset();
    return {
      memoryBytes: process.memoryUsage.rss(),
      memoryLimitBytes: memoryLimit(),
      ...this.#disk,
      loopDelayMs,
      uptimeSeconds: Math.round(process.uptime()),
    };
  }

  stop(): void {
    this.#loop.disable();
  }

  async #lookAtDisk(): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      const dataBytes = await bytesUnder(this.#folder);
      this.#disk = {
        diskFreeBytes: freeMegabytes(bavail * bsize),
        diskBytes: blocks * bsize,
        dataBytes: dataBytes === undefined ? undefined : takenMegabytes(dataBytes),
      };
    } catch {
      // a disk that cannot be looked at stays unknown; that it fails, the bank notices first
    }
  }
}

/** Of a container, where there is one with a bound. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < 2 ** 50 ? constrained : process.availableMemory() + process.memoryUsage.rss();
}

/** Files come and go while the store works: what is gone is not counted. */
async function bytesUnder(folder: string): Promise<number | undefined> {
  const files: Dirent[] = await readdir(folder, { recursive: true, withFileTypes: true });
  if (files.length > consoleDiskFilesMax) return undefined;
  let bytes = 0;
  for (const file of files) {
    if (file.isFile()) bytes += (await stat(join(file.parentPath, file.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
