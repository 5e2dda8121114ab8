import { readFileSync } from "node:fs";
import { join } from "node:path";
import { removeDurably, writeDurably } from "../../host/durable-file.ts";
import type { Clock } from "../../lib/clock.ts";

/** Late enough for anybody: a standby may run as long as it likes. */
const NO_END = 10 ** 15;

/**
 * Until when a unit may be started on this host, in a file that systemd has read right before the program's start. The agent can be held up on the way
 * from its decision to the start, and somebody else can start the unit: neither starts it when the time is over.
 */
export class Permit {
  readonly file: string;

  constructor(memberDirectory: string) {
    this.file = join(memberDirectory, "unit.permit");
  }

  /** Written for whoever starts it, who may be another user. `-Infinity`: no guard is armed, and nobody may start it. */
  async give(untilMs: number, clock: Clock): Promise<void> {
    const until = Math.floor(uptime() + (untilMs - clock.nowMs()) / 10);
    await writeDurably(this.file, `${Math.max(0, Math.min(NO_END, until))}\n`, { mode: 0o644 });
  }

  async takeBack(): Promise<void> {
    await removeDurably(this.file);
  }

  /** The words of a command that fails when there is no permit, or its time is over. Any POSIX shell, no other program. */
  get question(): readonly string[] {
    const script = [
      "read -r now rest </proc/uptime",
      '{ read -r until <"$1"; } 2>/dev/null && [ "${now%.*}${now#*.}" -lt "$until" ] && exit 0',
      'echo "Understudy decides where this unit runs, and it is not here" >&2; exit 1',
    ].join("; ");
    return ["/bin/sh", "-c", script, "understudy", this.file];
  }
}

/** Hundredths of a second since the start of the host. */
function uptime(): number {
  return Math.round(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 100);
}
