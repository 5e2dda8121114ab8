import { afterResult, UNDECIDED, type HealthState, type RiseFall } from "../../core/health.ts";

/** What real requests can say against a server. */
export type Offence = "refused" | "lost" | "silent" | "wrong";

/**
 * How much of each it takes for a server to be avoided. A refused connection is certain. One request that is lost or not
 * answered may be that request's own fault, as may an error that another server did not answer with; and on a busy machine a
 * server may be silent for a moment, while requests are tried elsewhere anyway.
 */
const ENOUGH: Readonly<Record<Offence, number>> = { refused: 1, lost: 3, silent: 5, wrong: 3 };
/** An answer takes away this much of what was said against its server: errors in more than one of six requests are too many. */
const FORGIVEN = 0.2;
/** For how long it is avoided first, and at most; twice as long each time. */
const AVOIDED_MS = 1000;
const MAX_AVOIDED_MS = 30_000;
/** For so long a server that is good again gets less than its share: its caches are cold, and its code is not compiled. */
const SLOW_START_MS = 5000;
const LEAST_SHARE = 0.1;
/** After so long without a fault the first one is a first one again. */
const FORGOTTEN_MS = 60_000;

/** Whether a server is believed to work: by checks, by what real requests met, and by what an operator said. */
export class Standing {
  /** An operator wants nothing new to be brought there. */
  isDraining = false;
  #check: HealthState = UNDECIDED;
  readonly #limits: RiseFall;
  readonly #against: Record<Offence, number> = { refused: 0, lost: 0, silent: 0, wrong: 0 };
  #avoidedUntilMs = 0;
  #avoidedMs = 0;
  /** Until when it was to be avoided the last time. */
  #lastFaultAtMs = -Infinity;
  #avoidedFor: Offence | null = null;
  /** After some offences time alone makes nothing good: a check has to succeed first. */
  #needsProof = false;
  #why = "";
  /** When it became good again. */
  #backSinceMs = -Infinity;

  constructor(limits: RiseFall) {
    this.#limits = limits;
  }

  /** What the checks say. */
  get health(): HealthState["health"] {
    return this.#check.health;
  }

  isAvoided(nowMs: number): boolean {
    return nowMs < this.#avoidedUntilMs || this.#needsProof;
  }

  /** Whether requests are brought there as a matter of course. */
  isGood(nowMs: number): boolean {
    return !this.isDraining && this.#check.health !== "down" && !this.isAvoided(nowMs);
  }

  /** How much of its share it gets now: all of it, unless it has only just come back. */
  share(nowMs: number): number {
    return Math.min(1, Math.max(LEAST_SHARE, (nowMs - this.#backSinceMs) / SLOW_START_MS));
  }

  /** Why it is not good; for a person. */
  why(nowMs: number): string {
    if (this.isDraining) return "draining";
    return this.isGood(nowMs) ? "" : this.#why;
  }

  /** One result of a check. */
  checked(ok: boolean, text: string, nowMs: number = performance.now()): void {
    const before = this.#check.health;
    this.#check = afterResult(this.#check, ok, this.#limits);
    if (ok) this.#needsProof = false;
    else this.#why = text;
    if (before !== "down" || this.#check.health !== "up") return;
    this.#backSinceMs = nowMs;
    this.#acquit();
  }

  /** It answered a real request, and well. In doubt that counts like a check; who answers cannot be gone. */
  answered(): void {
    if (this.#avoidedFor === "refused" || this.#avoidedFor === "lost") this.#acquit();
    for (const offence of OFFENCES) if (this.#against[offence] > 0) this.#against[offence] -= FORGIVEN;
    if (this.#check.health === "down") this.checked(true, "");
  }

  /** Something speaks against it; returns whether it is avoided from now on, and was not before. */
  note(offence: Offence, text: string, nowMs: number): boolean {
    if (this.isAvoided(nowMs)) return false;
    this.#against[offence] += 1;
    if (this.#against[offence] < ENOUGH[offence]) return false;
    const isOld = nowMs - this.#lastFaultAtMs > FORGOTTEN_MS;
    this.#avoidedMs = isOld ? AVOIDED_MS : Math.min(MAX_AVOIDED_MS, this.#avoidedMs * 2);
    this.#avoidedUntilMs = nowMs + this.#avoidedMs;
    this.#lastFaultAtMs = this.#avoidedUntilMs;
    this.#avoidedFor = offence;
    this.#needsProof = offence !== "wrong";
    this.#why = text;
    for (const each of OFFENCES) this.#against[each] = 0;
    return true;
  }

  #acquit(): void {
    this.#avoidedUntilMs = 0;
    this.#avoidedFor = null;
    this.#needsProof = false;
    for (const offence of OFFENCES) this.#against[offence] = 0;
  }
}

const OFFENCES = Object.keys(ENOUGH) as readonly Offence[];
