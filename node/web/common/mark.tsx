/** The sign of Covault: a circle in shares that close to one ring. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="butt">
        <path d="M17.6 4.1A12 12 0 0 1 27.2 20.3" />
        <path d="M25.5 23.3A12 12 0 0 1 6.5 23.3" />
        <path d="M4.8 20.3A12 12 0 0 1 14.4 4.1" />
      </g>
      <circle cx="16" cy="16" r="3.2" fill="var(--accent)" />
    </svg>
  );
}
