import { withoutCopy } from "./copies.ts";
import type { Emit } from "./moves.ts";
import { NONE, withMember, type Member, type State, type Work } from "./state.ts";

/** Work that is under way goes on: each piece some time after it was begun, whatever has happened meanwhile. */
export function workSteps(state: State, emit: Emit): void {
  state.members.forEach((m, i) => {
    if (m.work !== null) goOn(state, i, m, m.work, emit);
  });
}

function goOn(state: State, i: number, m: Member, work: Work, emit: Emit): void {
  const done = (change: Partial<Member>, what: string, because: string): void =>
    emit(withMember(state, i, { work: null, ...change }), i, what, because);
  const inVain = (): void => done({}, "work fails", `"${work.do}" is not possible any more`);
  switch (work.do) {
    case "start":
      return m.service === "stopped"
        ? done(
            { service: "standby", clean: false, from: NONE, fromTerm: 0 },
            "has started",
            "as a standby that receives nothing",
          )
        : inVain();
    case "seal":
      return m.service === "standby"
        ? done({ from: NONE, fromTerm: 0 }, "has stopped receiving", "its receiver is confirmed gone")
        : inVain();
    case "follow":
      return m.service === "standby"
        ? done({ from: work.from, fromTerm: work.term, forks: work.forks }, "begins to receive", `in term ${work.term}`)
        : inVain();
    case "promote":
      return promotion(state, i, m, work, done, emit, inVain);
    case "begin":
      if (m.service !== "primary" || m.first > 0) return inVain();
      return done(firstEntry(m), "writes the first entry", `of term ${m.term}`);
    case "set-rule":
      if (m.service !== "primary") return inVain();
      return done(
        { rule: work.rule, nextRule: NONE, ruleOffset: m.nextRule === NONE ? m.ruleOffset : m.log.length },
        "has put the rule in force",
        "every process of the service has it",
      );
    case "stop-clean":
      return cleanStop(state, i, m, done, emit);
    case "stop-kill":
      return done(ENDED, "has been ended", "no process of it is left");
    case "rewind":
      return rewound(state, i, m, work, emit, inVain);
    case "clone":
      return cloned(state, i, work, emit, inVain);
    case "create":
    case "prepare-stop":
      return done({}, "is done", work.do);
  }
}

/** What is left of a server without its processes. */
export const ENDED: Partial<Member> = {
  service: "stopped",
  from: NONE,
  fromTerm: 0,
  term: 0,
  rule: NONE,
  nextRule: NONE,
  ruleOffset: 0,
  first: 0,
  clean: false,
};

type Done = (change: Partial<Member>, what: string, because: string) => void;

function firstEntry(m: Member): Partial<Member> {
  const log = m.log + String.fromCharCode(m.term);
  return { log, first: log.length };
}

/** First the server is primary, and some time later its term's first entry is written. */
function promotion(state: State, i: number, m: Member, work: Work, done: Done, emit: Emit, inVain: () => void): void {
  if (m.service === "primary" && m.term === work.term)
    return done(firstEntry(m), "has been promoted", `and has written the first entry of term ${work.term}`);
  if (m.service !== "standby") return inVain();
  const { forks, term, rule } = work;
  const change = {
    service: "primary",
    from: NONE,
    fromTerm: 0,
    forks,
    term,
    rule,
    nextRule: NONE,
    ruleOffset: 0,
    first: 0,
  } as const;
  emit(withMember(state, i, change), i, "becomes primary", `of term ${term}`);
}

/** A primary first writes its end, and supplies what is left of it until its last process has gone. */
function cleanStop(state: State, i: number, m: Member, done: Done, emit: Emit): void {
  const { rule, nextRule, ruleOffset, first } = { rule: NONE, nextRule: NONE, ruleOffset: 0, first: 0 };
  if (m.service === "primary") {
    const change = { service: "stopping", rule, nextRule, ruleOffset, first } as const;
    return emit(withMember(state, i, change), i, "has written its end", "it acknowledges nothing any more");
  }
  done({ ...ENDED, clean: m.service === "stopping" || m.clean }, "has stopped", "in an orderly way");
}

/** Back to where its log left that of the source. */
function rewound(state: State, i: number, m: Member, work: Work, emit: Emit, inVain: () => void): void {
  const source = state.members[work.from];
  if (source?.service !== "primary") return inVain();
  let length = 0;
  while (length < m.log.length && m.log[length] === source.log[length]) length += 1;
  const change = { ...ENDED, log: m.log.slice(0, length), forks: work.forks, work: null };
  emit(withMember(withoutCopy(state, i), i, change), i, "has been rewound", "it is another incarnation");
}

function cloned(state: State, i: number, work: Work, emit: Emit, inVain: () => void): void {
  const source = state.members[work.from];
  if (source?.service !== "primary" && source?.service !== "standby") return inVain();
  const change = { ...ENDED, log: source.log, forks: work.forks, work: null };
  emit(withMember(withoutCopy(state, i), i, change), i, "has been cloned", "it is another incarnation");
}
