import { positionAt } from "../core/position.ts";
import type { ServiceAction } from "../core/service-action.ts";
import { UNSEEN, type ServiceLook } from "../core/service-look.ts";
import { copyOf, unpackForks, unpackRule, type Names } from "./compact.ts";
import { NONE, type Member, type Work } from "./state.ts";

/** What a member's service looks like to its agent, but for its followers. */
export function lookAt(m: Member, me: number, names: Names): ServiceLook {
  if (m.service === "partial") return { ...UNSEEN, state: "partial" };
  const forks = unpackForks(m.forks);
  const receivesNothing = m.service === "standby" && m.from === NONE;
  const knowsItsEnd = receivesNothing || m.service === "stopping" || (m.service === "stopped" && m.clean);
  const isPrimary = m.service === "primary";
  return {
    ...UNSEEN,
    state: m.service,
    incarnation: copyOf(names, me, false).incarnation,
    dataId: "data",
    position: knowsItsEnd ? positionAt(m.log.length, forks) : null,
    forks,
    offset: m.log.length,
    receiving:
      m.service === "standby" && m.from !== NONE ? { from: names.of(m.from), term: m.fromTerm, streaming: true } : null,
    heardOffset: m.log.length,
    term: isPrimary && m.work?.do !== "promote" ? m.term : null,
    rule: isPrimary && m.rule !== NONE && m.nextRule === NONE ? unpackRule(m.rule, names) : null,
    ruleOffset: m.ruleOffset,
    firstOffset: isPrimary && m.first > 0 ? m.first : null,
    busyClients: 0,
  };
}

/** The action as the core knows it. */
export function actionOf(work: Work, names: Names): ServiceAction {
  const from = names.of(Math.max(0, work.from));
  const { term } = work;
  const forks = unpackForks(work.forks);
  switch (work.do) {
    case "create":
    case "start":
    case "seal":
    case "prepare-stop":
      return { do: work.do };
    case "follow":
    case "rewind":
    case "clone":
      return { do: work.do, from, term, forks };
    case "promote":
      return { do: "promote", term, forks, rule: unpackRule(work.rule, names) };
    case "begin":
      return { do: "begin", term };
    case "set-rule":
      return { do: "set-rule", rule: unpackRule(work.rule, names), term };
    case "stop-clean":
      return { do: "stop", how: "clean", because: "" };
    case "stop-kill":
      return { do: "stop", how: "kill", because: "" };
  }
}
