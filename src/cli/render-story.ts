import { formatMs } from "../lib/units.ts";
import { hang } from "./layout.ts";
import type { Paint } from "./paint.ts";
import type { Phase, Story } from "./story.ts";

const PHASE_WORDS: Readonly<Record<Phase["name"], string>> = {
  drained: "waiting for work under way",
  stopped: "stopping the former primary",
  taken: "deciding",
  promoted: "promoting",
  opened: "opening",
};

/** A story as lines for a terminal of `width` columns: what happened when, by whom, and why; then its times. */
export function renderStory(story: Story, width: number, paint: Paint): readonly string[] {
  return [title(story, paint), "", ...timeline(story, width, paint), "", ...summary(story)];
}

function title({ group, kind, from, to, term, events }: Story, paint: Paint): string {
  const at = new Date(events[0]?.atMs ?? 0).toISOString();
  return `${paint.head(group)}  ${kind}  ${from === null ? to : `${from} → ${to}`}  term ${term}  ${paint.dim(at)}`;
}

function timeline({ events }: Story, width: number, paint: Paint): readonly string[] {
  const startMs = events[0]?.atMs ?? 0;
  const rows = events.map((event) => ({ ...event, at: `+${formatMs(event.atMs - startMs)}` }));
  const widest = (text: (row: (typeof rows)[number]) => string): number =>
    Math.max(0, ...rows.map((row) => text(row).length));
  const [at, node, kind] = [widest((row) => row.at), widest((row) => row.node), widest((row) => row.kind)];
  return rows.flatMap((row) => {
    const head = `  ${row.at.padStart(at)}  ${row.node.padEnd(node)}  ${paint.head(row.kind.padEnd(kind))}  `;
    return hang(head, row.rule === "" ? row.because : `${paint.dim(`(${row.rule})`)} ${row.because}`, width);
  });
}

function summary(story: Story): readonly string[] {
  const { phases, totalMs, returnMs, from, kind, term } = story;
  const parts = phases.map((phase) => `${PHASE_WORDS[phase.name]} ${formatMs(phase.ms)}`).join(", ");
  const since = kind === "switchover" ? "clients were held" : "from the first sign until clients were let in";
  return [
    totalMs === null ? `Term ${term} has not opened yet (${parts}).` : `${since}: ${formatMs(totalMs)} (${parts})`,
    ...(returnMs === null ? [] : [`"${from}" was back as standby after ${formatMs(returnMs)}`]),
  ].map(capitalized);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
