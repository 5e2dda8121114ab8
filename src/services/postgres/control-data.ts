import { Failure } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import { parseLsn } from "./lsn.ts";

/** What the control file says about data whose server does not run. */
export interface ControlData {
  /** In the server's words: `shut down`, `shut down in recovery`, `in production`, … */
  readonly state: string;
  /** Whether its server was stopped in an orderly way. */
  readonly isClean: boolean;
  /** The timeline of the last checkpoint. */
  readonly checkpointTimeline: number;
  /** The latest timeline that it has got to, as far as this file knows. */
  readonly timeline: number;
  /** At least this far its log goes. */
  readonly offset: number;
  /** The size of a segment of its log. */
  readonly segmentBytes: number;
}

/** Reads the control file in `directory` by its own program, so that the form of every version is understood. */
export async function readControlData(context: DataContext, directory: string = context.data): Promise<ControlData> {
  const options = { as: context.account, timeoutMs: 10_000, signal: context.signal };
  const text = await context.programs.run("pg_controldata", ["-D", directory], options);
  const value = (label: string): string => {
    const line = text.split("\n").find((l) => l.startsWith(`${label}:`));
    if (line === undefined) throw new Failure(`Cannot understand the control file in "${directory}": no "${label}"`);
    return line.slice(label.length + 1).trim();
  };
  const state = value("Database cluster state");
  const checkpointTimeline = Number(value("Latest checkpoint's TimeLineID"));
  const recoveryTimeline = Number(value("Min recovery ending loc's timeline"));
  return {
    state,
    isClean: state === "shut down" || state === "shut down in recovery",
    checkpointTimeline,
    timeline: Math.max(checkpointTimeline, recoveryTimeline),
    offset: Math.max(
      parseLsn(value("Latest checkpoint location")),
      parseLsn(value("Minimum recovery ending location")),
    ),
    segmentBytes: Number(value("Bytes per WAL segment")),
  };
}
