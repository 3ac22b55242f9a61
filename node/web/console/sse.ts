/**
 * Server-sent events out of a stream of text, as `EventSource` reads them; that one can send no Authorization header, and a
 * session in an address would end up in logs. Source: WHATWG HTML, section 9.2.6.
 *
 * Not here: ids and retry times, which this console's feed does not need.
 */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Characters of one event: more is no feed of ours. */
const eventCharsMax = 1_000_000;

export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #chars = 0;

  /** The events that this piece completes. Throws when one is too long. */
  push(piece: string): ServerEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line);
      if (event) events.push(event);
    }
    if (this.#rest.length + this.#chars > eventCharsMax) throw new Error('an event is too long');
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') {
      const event = { event: this.#event || 'message', data: this.#data.join('\n') };
      const isEmpty = this.#data.length === 0;
      [this.#event, this.#data, this.#chars] = ['', [], 0];
      return isEmpty ? undefined : event;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === 'event') this.#event = value ?? '';
    if (field === 'data') {
      this.#data.push(value ?? '');
      this.#chars += line.length;
    }
    return undefined;
  }
}
