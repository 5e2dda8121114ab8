import type { Decision, Effect } from "../core/decision.ts";
import { describeRule } from "../core/commit-rule.ts";
import { newestRule } from "../core/record.ts";
import type { View, WorkFailure, WorkView } from "../core/view.ts";
import type { EventLog } from "./event-log.ts";

/** Turns what a member decided and did into the events that `why` tells as a story. */
export class Story {
  readonly #events: EventLog;
  readonly #me: string;
  #suspectedTerm = 0;
  #rejoining = false;
  #firedAtMs = 0;
  #problem = "";

  constructor(events: EventLog, me: string) {
    this.#events = events;
    this.#me = me;
  }

  /** A decision was made; only what was not told before is told. */
  decided(view: View, decision: Decision, before: Decision): void {
    this.#tellSuspicion(view, decision);
    this.#tellGuard(view);
    this.#tellRejoined(view);
    if (decision.rule === "stuck" || decision.rule === "store-doubt" || decision.rule === "foreign-data")
      this.#tellProblem(view, decision);
    else if (decision.rule !== before.rule) this.#problem = "";
  }

  /** A change of the record was applied. */
  written(effect: Effect & { effect: "write" }, decision: Decision, view: View): void {
    const { event, record } = effect;
    if (event === null) return;
    const term = event === "taken" ? record.term : (view.record?.term ?? record.term);
    const details =
      event === "sealed" ? this.#sealDetails(effect) : { rule: describeRule(newestRule(record)), rev: record.rev };
    this.#events.tell({ term, kind: event, rule: decision.rule, because: decision.because, details });
  }

  /** A piece of work ended. */
  worked(view: View, work: WorkView, failure: WorkFailure | null, rule: string): void {
    const { action } = work;
    const term = view.record?.term ?? 0;
    const details = { work: action.do, tookMs: Math.round(view.nowMs - work.sinceMs) };
    if (failure !== null) {
      this.#events.tell({ term, kind: "problem", rule, because: `${action.do} failed: ${failure.because}`, details });
    } else if (action.do === "promote") {
      this.#events.tell({
        term: action.term,
        kind: "promoted",
        rule,
        because: `"${this.#me}" runs as primary of term ${action.term}`,
        details,
      });
    } else if (action.do === "rewind" || action.do === "clone") {
      this.#rejoining = true;
      const because = `"${this.#me}" has been ${action.do === "rewind" ? "rewound" : "cloned"} from "${action.from}"`;
      this.#events.tell({ term, kind: "rejoining", rule, because, details });
    } else if (action.do === "follow" || action.do === "start") this.#rejoining = true;
  }

  #tellSuspicion(view: View, decision: Decision): void {
    const { record } = view;
    const seals = decision.rule === "stop-receiving" || decision.rule === "seal";
    if (!seals || record?.primary == null || record.term === this.#suspectedTerm) return;
    if (record.switchover?.phase === "yielding") return;
    this.#suspectedTerm = record.term;
    this.#events.tell({ term: record.term, kind: "suspected", rule: decision.rule, because: decision.because });
  }

  #tellGuard(view: View): void {
    if (view.guard.state !== "fired" || view.guard.atMs === this.#firedAtMs) return;
    this.#firedAtMs = view.guard.atMs;
    const because = `the guard of "${this.#me}" ended the service: the lease was not renewed in time`;
    this.#events.tell({ term: view.record?.term ?? 0, kind: "guard-fired", rule: "", because });
  }

  #tellRejoined(view: View): void {
    const receiving = view.service.receiving;
    const streams = receiving !== null && receiving.streaming && receiving.term === view.record?.term;
    if (!streams || !this.#rejoining) return;
    this.#rejoining = false;
    this.#events.tell({
      term: receiving.term,
      kind: "rejoined",
      rule: "",
      because: `"${this.#me}" streams from "${receiving.from}"`,
    });
  }

  #tellProblem(view: View, decision: Decision): void {
    const text = decision.because.replace(/ Next try in .*$/, "");
    if (text === this.#problem) return;
    this.#problem = text;
    this.#events.tell({ term: view.record?.term ?? 0, kind: "problem", rule: decision.rule, because: text });
  }

  #sealDetails(effect: Effect & { effect: "write" }): Readonly<Record<string, number>> {
    const position = effect.record.sealed[this.#me]?.position;
    return { positionTerm: position?.term ?? 0, positionOffset: position?.offset ?? 0 };
  }
}
