import type { ServiceAction } from "../core/service-action.ts";
import type { ServiceLook } from "../core/service-look.ts";
import type { Belonging } from "../host/belonging.ts";

/** What a guard needs to end a service without asking anybody. Plain data: it crosses a process boundary. */
export type GuardTarget = Belonging;

/** How far long work has come, for people. */
export type Progress = (text: string) => void;

/** What an observer elsewhere learns about the service of another member, in a bounded time. */
export type ProbeResult = "answered" | "refused" | "silent";

/**
 * A member's service on this node: what fails over. A driver observes and does what it is told; it never
 * decides.
 */
export interface Service {
  /** Whether it holds data. Groups without data seal with offset 0 and need no commit rule. */
  readonly hasData: boolean;

  /**
   * Looks, within the deadlines it was made with. Never rejects, never changes anything; a service that
   * does not answer in time is `hung`.
   */
  look(): Promise<ServiceLook>;

  /**
   * Does `action`; resolves when it is done and confirmed, rejects with a `Failure` that says what to do.
   * After a rejection the look tells what is true. Never called while another action is under way, with
   * one exception: `stop` with `kill` ends whatever is under way (which then rejects).
   */
  perform(action: ServiceAction, progress: Progress): Promise<void>;

  /**
   * Breaks off the making of new data (`create`, `clone`) as long as that harms nothing: `perform` then rejects, and
   * what was there before is there still. Other work, and none, is not touched.
   */
  abandon(): void;

  /**
   * Asks the service of `member` whether it is there, on a new connection, for at most `deadlineMs`.
   * `refused`: its host answered that nothing listens. `silent`: no answer in time.
   */
  probe(member: string, deadlineMs: number): Promise<ProbeResult>;

  /**
   * Keeps an open connection to the service of `member` so that its end is noticed at once (through
   * {@link onChange}); `null` ends it. The connection is only a bell: what it told is looked up afterwards.
   */
  observe(member: string | null): void;

  /** Calls `then` whenever something changed that a look would show: a process ended, a stream stopped, a connection closed. */
  onChange(then: () => void): void;

  /** What the guard ends when the lease runs out, as it is now. */
  readonly guardTarget: GuardTarget;

  /** Lets go of connections and timers; the service itself goes on. */
  close(): Promise<void>;
}
