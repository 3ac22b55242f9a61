/** Reads a QR code with the device's camera. The picture goes from the camera into this page, and nowhere else. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Notice } from '../../common/components.js';

/** Between two looks: a person's hand is slower. */
const lookEveryMs = 150;
/** A picture is looked at in this width at most. */
const widthMax = 800;

export function ScanButton({ onText }: { readonly onText: (text: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  if (!navigator.mediaDevices?.getUserMedia) return null;
  const found = (text: string) => {
    setOpen(false);
    onText(text);
  };
  return (
    <>
      <div class="row">
        <Button icon={isOpen ? 'x' : 'qr'} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Close the camera' : 'Scan a QR code'}
        </Button>
      </div>
      {isOpen && <Camera onText={found} />}
    </>
  );
}

function Camera({ onText }: { readonly onText: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const over = new AbortController();
    if (video.current) scan(video.current, over.signal).then(onText, () => !over.signal.aborted && setRefused(true));
    return () => over.abort();
  }, []);
  if (isRefused) return <Notice look="bad">The camera cannot be used here. Type or paste the address.</Notice>;
  return (
    <video ref={video} class="camera" muted playsInline aria-label="What the camera sees: hold the QR code into it" />
  );
}

/** The first text that is found. Rejects when there is no camera or it may not be used, and when `over` is aborted. */
async function scan(video: HTMLVideoElement, over: AbortSignal): Promise<string> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  try {
    // loaded when it is wanted: most visitors scan nothing
    const { default: decode } = await import('qr/decode.js');
    video.srcObject = stream;
    await video.play();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    for (;;) {
      over.throwIfAborted();
      const scale = Math.min(1, widthMax / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      try {
        return decode(context.getImageData(0, 0, canvas.width, canvas.height));
      } catch {
        await new Promise(next => setTimeout(next, lookEveryMs)); // no code in this picture
      }
    }
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}
