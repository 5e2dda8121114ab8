import type { ProcessConfig } from "../../config/process-config.ts";
import { removeControlGroup } from "../../host/control-group.ts";
import { endProcessesOf } from "../../host/processes.ts";
import type { GuardTarget } from "../service.ts";
import { tell } from "./commands.ts";
import { markOf, type Role } from "./environment.ts";
import { lastWords } from "./last-words.ts";
import { launch } from "./launch.ts";
import type { Launched, Launcher } from "./launcher.ts";
import type { Life } from "./life.ts";
import { outputFile, workDirectory, type Place } from "./place.ts";

const KILL_MS = 5000;

/** Starts a command as a process of its own. */
export class ProcessLauncher implements Launcher {
  readonly tellsOfEnd = true;
  readonly problem = null;
  readonly #place: Place<ProcessConfig>;

  constructor(place: Place<ProcessConfig>) {
    this.#place = place;
  }

  launch(role: Role): Promise<Launched> {
    return launch(this.#place, role);
  }

  askToEnd(life: Life): Promise<void> {
    const { stop, stopMs } = this.#place.config;
    return tell(this.#place, life, stop, life, stopMs);
  }

  end(life: Life | null, first: number | null): Promise<void> {
    return endProcessesOf(this.belongingOf(life), first, KILL_MS);
  }

  gone(life: Life | null): void {
    const controlGroup = life?.controlGroup ?? null;
    if (controlGroup !== null) removeControlGroup(controlGroup);
  }

  belongingOf(life: Life | null): GuardTarget {
    const controlGroup = life?.controlGroup ?? null;
    const own = { directory: workDirectory(this.#place), mark: markOf(this.#place) };
    return { ...own, ...(controlGroup !== null && { controlGroup }) };
  }

  close(): void {
    return; // The system tells of its end.
  }

  lastWords(): Promise<string> {
    return lastWords(outputFile(this.#place));
  }
}
