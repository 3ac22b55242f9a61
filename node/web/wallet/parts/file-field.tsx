/** A file from this device, read as text and given to nobody. */
import { Field } from '../../common/components.js';

interface FileFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly onText: (text: string) => void;
}

export function FileField({ label, hint, error, onText }: FileFieldProps) {
  const read = async (event: Event) => {
    const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
    if (file) onText(await file.text());
  };
  return (
    <Field label={label} hint={hint} error={error}>
      {aria => (
        <input
          {...aria}
          class="input file"
          type="file"
          accept=".json,.wallet,.txt"
          onChange={event => void read(event)}
        />
      )}
    </Field>
  );
}

/** Gives the reader a file, from this page alone. */
export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
