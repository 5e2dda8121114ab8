import type { HttpProxyStatus } from "../routes/http/http-proxy.ts";
import type { SharedProxy } from "../routes/http/shared-proxy.ts";
import type { Paint } from "./paint.ts";
import { CLEAR, frame, HIDE_CURSOR, SHOW_CURSOR } from "./watch.ts";
import { renderWebStatus } from "./render-web-status.ts";

const EVERY_MS = 500;
/** So many of the last events are shown. */
const SHOWN_EVENTS = 8;

/** The proxy's status on a terminal, in place, until it is closed. */
export class WebScreen {
  readonly #paint: Paint;
  readonly #events: string[] = [];
  #before: HttpProxyStatus | null = null;
  #beforeMs = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  start(proxy: SharedProxy): void {
    process.stdout.write(HIDE_CURSOR + CLEAR);
    const draw = async (): Promise<void> => this.#draw(await proxy.status());
    void draw();
    this.#timer = setInterval(() => void draw(), EVERY_MS);
  }

  note(text: string): void {
    this.#events.push(text);
    if (this.#events.length > SHOWN_EVENTS) this.#events.shift();
  }

  /** Leaves the cursor as it was, and what happened last. */
  close(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    process.stdout.write(SHOW_CURSOR);
  }

  #draw(status: HttpProxyStatus): void {
    if (this.#timer === null) return;
    const nowMs = performance.now();
    const since = this.#before === null ? null : { status: this.#before, ms: nowMs - this.#beforeMs };
    [this.#before, this.#beforeMs] = [status, nowMs];
    const lines = renderWebStatus(status, since, this.#events, this.#paint);
    process.stdout.write(frame([...lines, "", this.#paint.dim("Ctrl-C ends this")]));
  }
}
