/** A QR code as a drawing: dark on light in both colour schemes, as cameras want it, with its quiet zone. */

import { useMemo } from 'preact/hooks';
import encodeQR from 'qr';

/** `text` in capitals takes a smaller code, where capitals mean the same. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const rows = useMemo(() => encodeQR(text, 'raw', { ecc: 'medium', border: 3 }), [text]);
  const path = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shape-rendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={path} fill="#101513" />
    </svg>
  );
}
