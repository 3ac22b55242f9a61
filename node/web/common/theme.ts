/**
 * Dark or light: the reader's choice, else the system's, written to `data-theme` of the document before anything is drawn.
 * The choice is the only thing these pages keep in local storage.
 */
type Theme = 'light' | 'dark';
export type ThemeChoice = Theme | 'system';

const key = 'covault-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Local storage may be forbidden: then the system's choice stands. */
export function themeChoice(): ThemeChoice {
  try {
    const kept = window.localStorage.getItem(key);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, choice);
  } catch {
    // then it holds until the page is closed
  }
  apply(choice);
}

/** Called once, first of all. */
export function startTheme(): void {
  dark.addEventListener('change', () => apply(themeChoice()));
  apply(themeChoice());
}

function apply(choice: ThemeChoice): void {
  const theme = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
  document.documentElement.dataset.theme = theme;
}
