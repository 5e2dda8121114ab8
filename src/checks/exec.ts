import { accountOf, type Account } from "../host/account.ts";
import type { Clock } from "../lib/clock.ts";
import { attemptCheck, BadAnswer, type Seen } from "./attempt-check.ts";
import type { Check } from "./check.ts";
import { Places } from "./places.ts";
import { readPluginOutput } from "./plugin-output.ts";
import { runPlugin, type PluginEnd } from "./run-plugin.ts";

export interface ExecQuestion {
  /** The program and its words, as they are given to it. */
  readonly command: readonly string[];
  readonly warningIs: "good" | "bad";
  /** As whom it runs when the agent is root; `null`: as the agent. */
  readonly runAs: string | null;
}

/** So many programs run at a time, of all checks of this process: each is a process with what it starts. */
const places = new Places(4);

/**
 * What a program says, by the rules of monitoring plugins. Its time begins when it does: it may wait for other checks'
 * programs to end before.
 */
export function execCheck(question: ExecQuestion, clock: Clock): Check {
  let account: Account | null = null;
  const inner = attemptCheck(async (signal) => {
    account ??= await accountOf(question.runAs, `"${question.command[0]}"`);
    signal.throwIfAborted();
    return judge(await runPlugin(question.command, account, signal), question.warningIs);
  }, clock);
  let isClosed = false;
  return {
    async run(deadlineMs) {
      const giveBack = await places.take();
      try {
        return isClosed ? { ok: false, text: "the check was ended", tookMs: 0 } : await inner.run(deadlineMs);
      } finally {
        giveBack();
      }
    },
    close() {
      isClosed = true;
      inner.close();
    },
  };
}

/** What the programs' ends are called. */
const STATES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

function judge({ code, how, output }: PluginEnd, warningIs: "good" | "bad"): Seen {
  const { text, metrics } = readPluginOutput(output);
  const state = code === null ? undefined : STATES[code];
  if (state === undefined) throw new BadAnswer(text === "" ? how : `${how}: ${text}`, metrics);
  const told = text === "" ? `${state}, without a word` : text;
  if (state === "OK") return { text: told, metrics };
  const said = told.includes(state) ? told : `${state}: ${told}`;
  if (state === "WARNING" && warningIs === "good") return { text: said, metrics };
  throw new BadAnswer(said, metrics);
}
