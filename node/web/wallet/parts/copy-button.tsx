/** Puts a text on the clipboard, and says so. */
import { useState } from 'preact/hooks';
import { Button } from '../../common/components.js';

export function CopyButton({ text, children = 'Copy' }: { readonly text: string; readonly children?: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('done');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('idle'), 2500);
  };
  const words = { idle: children, done: 'Copied', failed: 'Select it and copy by hand' };
  return (
    <Button icon={state === 'done' ? 'check' : 'copy'} onClick={() => void copy()}>
      <span aria-live="polite">{words[state]}</span>
    </Button>
  );
}
