/** A part of the overview: a heading and what stands under it. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface PanelProps {
  readonly title: string;
  /** Of the grid it stands in. */
  readonly area?: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Panel({ title, area, aside, children }: PanelProps) {
  const id = useId();
  return (
    <section class={area ? `panel ${area}` : 'panel'} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** Names and values under each other. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Part of a whole, with a mark or two on it. */
export function Gauge({
  part,
  look = 'good',
  marks = [],
  label,
}: {
  readonly part: number;
  readonly look?: 'good' | 'warn' | 'bad';
  readonly marks?: readonly number[];
  readonly label: string;
}) {
  const percent = (value: number) => `${Math.round(100 * Math.min(1, Math.max(0, value)))}%`;
  return (
    <div class="gauge" role="img" aria-label={label}>
      <div class={`gauge-fill ${look}`} style={{ width: percent(part) }} />
      {marks.map(mark => (
        <div key={mark} class="gauge-mark" style={{ left: percent(mark) }} />
      ))}
    </div>
  );
}
