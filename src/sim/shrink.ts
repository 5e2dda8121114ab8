import type { Plan } from "./plan.ts";
import { run, type Outcome } from "./run.ts";

/** Takes faults out of a plan that fails, as long as it still fails in the same way. Resolves with the smallest found, and what became of it. */
export async function shrink(
  plan: Plan,
  outcome: Outcome,
): Promise<{ readonly plan: Plan; readonly outcome: Outcome }> {
  const what = outcome.violations[0]?.what;
  let best = { plan, outcome };
  let isSmaller = true;
  while (isSmaller) {
    isSmaller = false;
    for (const smaller of withoutOne(best.plan)) {
      const tried = await run(smaller);
      if (tried.violations[0]?.what !== what) continue;
      best = { plan: smaller, outcome: tried };
      isSmaller = true;
      break;
    }
  }
  return best;
}

/** The plan without one episode, or without one fault. */
function* withoutOne(plan: Plan): Generator<Plan> {
  const { episodes } = plan;
  for (let i = episodes.length - 1; i >= 0; i--) yield { ...plan, episodes: episodes.toSpliced(i, 1) };
  for (const [i, episode] of episodes.entries())
    for (let j = 0; j < episode.faults.length; j++)
      yield { ...plan, episodes: episodes.with(i, { ...episode, faults: episode.faults.toSpliced(j, 1) }) };
}
