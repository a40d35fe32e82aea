/** One WebSocket for the live video of every camera on the page; it comes back by itself. */
import { type LiveFrame, parseFrame } from './frames';

/** So long a page may be hidden before its video stops. */
const HIDDEN_MS = 10_000;

type Listener = (frame: LiveFrame) => void;

export class LiveSocket {
  private socket: WebSocket | null = null;
  private listeners = new Map<string, Set<Listener>>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;

  private hiding: ReturnType<typeof setTimeout> | undefined;
  private hidden = false;

  constructor(private readonly url: string) {
    globalThis.document?.addEventListener('visibilitychange', this.seen);
  }

  /** Video that nobody sees is not sent: a page that is hidden for a while closes its socket, and opens it when it is back. */
  private seen = () => {
    clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = setTimeout(() => {
        this.hidden = true;
        clearTimeout(this.timer);
        this.socket?.close();
        this.socket = null;
      }, HIDDEN_MS);
      return;
    }
    this.hidden = false;
    if (this.listeners.size && !this.socket) this.open();
  };

  /** Frames of a camera go to the listener until the returned function is called. */
  watch(camera: string, listener: Listener): () => void {
    const present = this.listeners.get(camera);
    if (present) {
      present.add(listener);
      // A late listener needs the init segment: asking again makes the server send it.
      this.say({ unwatch: [camera] });
      this.say({ watch: [camera] });
    } else {
      this.listeners.set(camera, new Set([listener]));
      this.say({ watch: [camera] });
    }
    if (!this.socket && !this.hidden) this.open();
    return () => this.unwatch(camera, listener);
  }

  private unwatch(camera: string, listener: Listener): void {
    const present = this.listeners.get(camera);
    present?.delete(listener);
    if (present?.size) return;
    this.listeners.delete(camera);
    this.say({ unwatch: [camera] });
    if (this.listeners.size) return;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }

  private say(message: { watch?: string[]; unwatch?: string[] }): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private open(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.say({ watch: [...this.listeners.keys()] });
    };
    socket.onmessage = ({ data }) => {
      const frame = data instanceof ArrayBuffer ? parseFrame(data) : null;
      if (!frame) return;
      for (const listener of this.listeners.get(frame.camera_id) ?? []) listener(frame);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.failures += 1;
      const wait = Math.min(10_000, 300 * 2 ** this.failures) * (0.7 + Math.random() * 0.6);
      this.timer = setTimeout(() => this.listeners.size && this.open(), wait);
    };
  }
}

/** The page's one socket. */
export const liveSocket = new LiveSocket(
  `${globalThis.location?.protocol === 'https:' ? 'wss' : 'ws'}://${globalThis.location?.host ?? 'localhost'}/api/live`,
);
