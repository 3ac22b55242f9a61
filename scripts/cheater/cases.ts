/**
 * The list of plays: every deviation of every message that the cheater says in an honest run of each story.
 *
 * Among two banks every deviation is played in both places; among more, and in preprocessing, which is between two, they take turns
 * over the places. `every`: all of them in all places.
 */
import { type Deviation, deviationsOf } from './deviations.js';
import { play, type Result } from './play.js';
import { type Stage, stageOf } from './stage.js';
import type { Story } from './stories.js';
import type { Message } from './wire.js';

export interface Case {
  readonly story: Story;
  readonly stage: Stage;
  readonly cheater: number;
  readonly deviation: Deviation;
}

/** An honest run, and what the cheater says in it, each kind once, to the bank that will be told something else. */
export interface Recording {
  readonly story: Story;
  readonly stage: Stage;
  readonly cheater: number;
  readonly honest: Result;
  readonly messages: readonly Message[];
}

export async function record(story: Story, banks: number, cheater: number): Promise<Recording> {
  const stage = await stageOf(banks, story.pageSize, story.stock);
  const honest = await play(stage, story, cheater, undefined);
  const victim = (cheater + 1) % banks;
  const messages = honest.said
    .filter(({ message, to, occurrence }) => to === victim && occurrence === 0 && story.covers(message.kind))
    .map(({ message }) => message);
  return { story, stage, cheater, honest, messages };
}

/**
 * Fields that all messages of a conversation have, read by one decoder: changed in some of them only. What is too late in a
 * block is no later than late in preprocessing, which has no time-outs of its own.
 */
const isRepeated = ({ kind, field, change }: Deviation): boolean => {
  if (/^computation.*tree [1-9]/.test(kind)) return !['digest', 'opened shares', 'tag hash'].includes(field);
  if (/^computation/.test(kind)) {
    const isFirstOrLast = ['computation/commit', 'computation/audit'].includes(kind);
    return !isFirstOrLast && ['frame kind', 'session', 'height', 'attempt', 'base'].includes(field);
  }
  if (!/^preprocessing/.test(kind)) return false;
  const isFirst = [
    'preprocessing/baseOtSender',
    'preprocessing/linkOffer',
    'preprocessing/productCorrections',
  ].includes(kind);
  return change === 'too late' || (!isFirst && ['session', 'kind'].includes(field));
};

export function casesOf({ story, stage, cheater, messages }: Recording, every: boolean): Case[] {
  const { banks } = stage;
  const takesTurns = banks > 2 || story.stock !== 'dealt';
  const isTurn = (number: number) => every || !takesTurns || number % banks === cheater;
  return messages
    .flatMap(message => deviationsOf(message, banks))
    .filter(deviation => every || !isRepeated(deviation))
    .filter((_, number) => isTurn(number))
    .map(deviation => ({ story, stage, cheater, deviation }));
}
