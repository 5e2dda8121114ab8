/** An Ethernet frame with its header, and room for a tag. */
const SLOT_BYTES = 1600;
/** At 50 ms and the biggest frames that is about 900 Mbit a second; what comes then is lost, as in any switch. */
const SLOTS = 4096;
const HEAD = 0;
const TAIL = 1;
const NEVER = 2;

/** Frames on their way from one thread, which puts them in, to another, which takes them out in the same order. */
export class Ring {
  /** For the other thread: `new Ring(memory)`. */
  readonly memory: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #lengths: Int32Array;
  readonly #dueAtMs: Float64Array;
  readonly #frames: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(16 + SLOTS * (4 + 8 + SLOT_BYTES))) {
    this.memory = memory;
    this.#control = new Int32Array(memory, 0, 4);
    this.#dueAtMs = new Float64Array(memory, 16, SLOTS);
    this.#lengths = new Int32Array(memory, 16 + SLOTS * 8, SLOTS);
    this.#frames = new Uint8Array(memory, 16 + SLOTS * 12);
  }

  /** Takes one frame in: `read` writes it to where it is told, and returns its length and when it is due. Lost when the ring is full. */
  put(read: (slot: Uint8Array) => { readonly length: number; readonly dueAtMs: number }): void {
    const head = Atomics.load(this.#control, HEAD);
    const index = head % SLOTS;
    const { length, dueAtMs } = read(this.#slot(index));
    this.#lengths[index] = length;
    this.#dueAtMs[index] = dueAtMs;
    const next = (head + 1) % (SLOTS * 2);
    if ((next - Atomics.load(this.#control, TAIL) + SLOTS * 2) % (SLOTS * 2) >= SLOTS) return;
    Atomics.store(this.#control, HEAD, next);
    Atomics.notify(this.#control, HEAD);
  }

  /** Waits in place for the next frame and for its time, then lets `write` have it. */
  take(nowMs: () => number, write: (frame: Uint8Array) => void): void {
    const tail = Atomics.load(this.#control, TAIL);
    Atomics.wait(this.#control, HEAD, tail);
    const index = tail % SLOTS;
    const waitMs = (this.#dueAtMs[index] ?? 0) - nowMs();
    if (waitMs > 0) Atomics.wait(this.#control, NEVER, 0, waitMs);
    write(this.#slot(index).subarray(0, this.#lengths[index]));
    Atomics.store(this.#control, TAIL, (tail + 1) % (SLOTS * 2));
  }

  #slot(index: number): Uint8Array {
    return this.#frames.subarray(index * SLOT_BYTES, (index + 1) * SLOT_BYTES);
  }
}
