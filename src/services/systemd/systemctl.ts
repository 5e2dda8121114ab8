import { userInfo } from "node:os";
import { findProgram } from "../../host/find-program.ts";
import { runProgram } from "../../host/run-program.ts";
import { Failure, messageOf } from "../../lib/failure.ts";

/** What systemd tells of a unit (`systemctl show`). */
export interface UnitStatus {
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
  readonly active: string;
  /** Why it ended: `success`, `exit-code`, `signal`, `timeout`, and more. */
  readonly result: string;
  /** 0: it has none. */
  readonly mainPid: number;
  /** How the main process ended: 1 by itself, 2 and 3 by a signal; and with which number. */
  readonly exitCode: number;
  readonly exitStatus: number;
  /** Its control group, from the root of all; empty while it has none. */
  readonly controlGroup: string;
  /** `enabled`, `disabled`, `static`, and more: whether systemd starts it by itself at boot. */
  readonly fileState: string;
  /** Its files are newer than what systemd knows of them. */
  readonly needsReload: boolean;
  /** What systemd does about its end by itself; `no`: nothing. */
  readonly restart: string;
  /** Files that are added to it, as systemd has read them. */
  readonly dropIns: readonly string[];
}

const PROPERTIES = [
  "LoadState",
  "ActiveState",
  "Result",
  "MainPID",
  "ExecMainCode",
  "ExecMainStatus",
  "ControlGroup",
  "UnitFileState",
  "NeedDaemonReload",
  "Restart",
  "DropInPaths",
];

/** Every question to systemd is answered within that, or it is in trouble. */
const ANSWER_MS = 10_000;

/** The command line of systemd, for the units of the host or of this user. */
export class Systemctl {
  readonly #scope: "system" | "user";
  readonly #unit: string;

  constructor(unit: string, scope: "system" | "user") {
    this.#unit = unit;
    this.#scope = scope;
  }

  /** Rejects with a `Failure` when systemd cannot be asked. A unit that does not exist is told as such. */
  async show(): Promise<UnitStatus> {
    return statusIn(await this.#run(["show", `--property=${PROPERTIES.join(",")}`, "--", this.#unit]));
  }

  /** Resolves once systemd takes it for started. Rejects with what systemctl says when it does not, or after `withinMs`. */
  async start(withinMs: number, signal: AbortSignal): Promise<void> {
    await this.#run(["start", "--", this.#unit], withinMs, signal);
  }

  /** Asks for its end, and calls off a start that is under way. Does not wait. */
  async stop(): Promise<void> {
    await this.#run(["stop", "--no-block", "--", this.#unit]);
  }

  /** A failed start is forgotten: it must not count when the unit is started next. */
  async forget(): Promise<void> {
    await this.#run(["reset-failed", "--", this.#unit]);
  }

  /** Units are read anew. */
  async reload(): Promise<void> {
    await this.#run(["daemon-reload"]);
  }

  /** The last lines that the unit has written to the journal; none where there is no journal. */
  async lastWords(lines: number): Promise<readonly string[]> {
    const asked = [
      this.#scope === "user" ? "--user-unit" : "--unit",
      this.#unit,
      "--lines",
      String(lines),
      "--output",
      "cat",
      "--no-pager",
      "--quiet",
    ];
    const said = await run("journalctl", asked, ANSWER_MS).catch(() => "");
    return said.trim().split("\n").filter(Boolean);
  }

  #run(words: readonly string[], timeoutMs = ANSWER_MS, signal?: AbortSignal): Promise<string> {
    const scope = this.#scope === "user" ? ["--user"] : [];
    return run("systemctl", ["--no-ask-password", ...scope, ...words], timeoutMs, signal);
  }
}

async function run(name: string, args: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<string> {
  const file = await findProgram(name);
  if (file === null) throw new Failure(`There is no "${name}" here: does systemd run on this host?`);
  const { uid, gid, username } = userInfo();
  const options = { as: { uid, gid, name: username }, env: environment(), timeoutMs };
  return runProgram(file, args, { ...options, ...(signal && { signal }) }).catch((error: unknown) => {
    throw new Failure(explained(messageOf(error)));
  });
}

/** Where a user's own systemd is found. */
function environment(): Record<string, string> {
  const names = ["HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function explained(text: string): string {
  if (/not been booted with systemd|Failed to connect to bus/i.test(text))
    return `systemd cannot be reached (${text}). Does it run on this host? For scope: user, does XDG_RUNTIME_DIR lead to it?`;
  if (/interactive authentication required|access denied|permission denied/i.test(text))
    return `${text}. Run the agent as root, or use scope: user`;
  return text;
}

function statusIn(text: string): UnitStatus {
  const values = new Map(
    text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const of = (name: string): string => values.get(name) ?? "";
  return {
    load: of("LoadState"),
    active: of("ActiveState"),
    result: of("Result"),
    mainPid: Number(of("MainPID")),
    exitCode: Number(of("ExecMainCode")),
    exitStatus: Number(of("ExecMainStatus")),
    controlGroup: of("ControlGroup"),
    fileState: of("UnitFileState"),
    needsReload: of("NeedDaemonReload") === "yes",
    restart: of("Restart"),
    dropIns: of("DropInPaths").split(" "),
  };
}
