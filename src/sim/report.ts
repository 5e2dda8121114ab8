import type { Plan } from "./plan.ts";
import type { Outcome } from "./run.ts";

/** What went wrong in the plan, in the order of time. */
export function describePlan({ seed, make, episodes }: Plan): string {
  const { settings, rates } = make;
  const { durability, timing, members } = settings;
  const asynchronous = settings.hasData ? "asynchronous" : "without data";
  const rule = durability.lossless === "off" ? asynchronous : `${durability.lossless}, need ${durability.need}`;
  const lines = [
    `seed ${seed}: ${members.map(({ member, priority }) => (priority === 100 ? member : `${member} (priority ${priority})`)).join(", ")}; ${rule}; lease ${timing.leaseMs} ms; clocks ${rates.map((rate) => rate.toFixed(3)).join(" ")}`,
  ];
  for (const [i, { faults }] of episodes.entries())
    for (const { kind, atMs, forMs, member } of faults)
      lines.push(
        `  burst ${i + 1}, ${seconds(atMs)}: ${kind}, ${member < 0 ? "primary" : (members[member % members.length]?.member ?? "?")}, for ${Math.round(forMs)} ms`,
      );
  return lines.join("\n");
}

/** The story of a run, one line a thing that happened; the last `most` of it. */
export function describeStory({ notes }: Outcome, most: number): string {
  return notes
    .slice(-most)
    .map(({ atMs, who, text }) => `${seconds(atMs)}  ${who.padEnd(9)} ${text}`)
    .join("\n");
}

/** What must never happen, and did. */
export function describeViolations({ violations }: Outcome): string {
  return violations
    .map(({ what, because, atMs }) => `${seconds(atMs)}  VIOLATED: ${what}\n            ${because}`)
    .join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(9)} s`;
}
