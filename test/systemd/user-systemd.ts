import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SYSTEMD = ["/lib/systemd/systemd", "/usr/lib/systemd/systemd"].find((file) => existsSync(file));
/** Where a user's units lie that programs bring along. */
const UNITS = ".local/share/systemd/user";
const WITHIN_MS = 20_000;

/** Why there can be no systemd here; `null`: there can. */
export function whyNoSystemd(): string | null {
  if (SYSTEMD === undefined) return "there is no systemd";
  if (process.getuid?.() !== 0) return "a systemd of its own needs root, for a mount namespace";
  // Without one of its own it would take over that of everybody.
  return hierarchies().length > 0 && hierarchies().every(isOurs) ? null : "there can be no control groups of its own";
}

/**
 * A systemd of its own, real, as a user has one, which is gone afterwards with all that it has started. It finds a host that was booted with
 * systemd, in a mount namespace where nobody else sees that; and has control groups of its own.
 */
export class UserSystemd implements AsyncDisposable {
  readonly directory: string;
  readonly #groups: readonly string[];
  readonly #child: ChildProcess;

  private constructor(directory: string, groups: readonly string[], child: ChildProcess) {
    this.directory = directory;
    this.#groups = groups;
    this.#child = child;
  }

  static async start(): Promise<UserSystemd> {
    const directory = await mkdtemp(join(tmpdir(), "sd-"));
    const name = `understudy-${directory.slice(-6)}`;
    const groups = hierarchies().map((mount) => join(mount, name));
    for (const path of [...groups, join(directory, "run"), join(directory, UNITS)])
      await mkdir(path, { mode: 0o700, recursive: true });
    const script = [
      "mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir -p /run/systemd/system",
      ...groups.map((group) => `echo $$ > ${group}/cgroup.procs`),
      `exec ${SYSTEMD} --user --log-target=null`,
    ].join(" && ");
    const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], {
      stdio: "ignore",
      env: { ...process.env, ...environmentIn(directory) },
    });
    const systemd = new UserSystemd(directory, groups, child);
    await systemd.#untilReady();
    return systemd;
  }

  /** By these its command line finds it. */
  get environment(): Readonly<Record<string, string>> {
    return environmentIn(this.directory);
  }

  /** Makes a unit, or changes it. */
  async unit(name: string, text: string): Promise<void> {
    await writeFile(join(this.directory, UNITS, name), text);
    await this.run("daemon-reload");
  }

  /** `systemctl --user` with these words; resolves with what it said. */
  async run(...words: readonly string[]): Promise<string> {
    const child = spawn("systemctl", ["--user", ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.environment },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (said += part.toString()));
    await once(child, "close");
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let left = await this.#left(); left.length > 0; left = await this.#left()) {
      for (const pid of left) kill(pid);
      await sleep(10);
    }
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    for (const group of this.#groups) await removeGroup(group);
    await rm(this.directory, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    for (const endAtMs = performance.now() + WITHIN_MS; performance.now() < endAtMs; await sleep(50))
      if (/^Version=\d/.test(await this.run("show", "--property=Version"))) return;
    throw new Error("systemd has not come up");
  }

  async #left(): Promise<readonly number[]> {
    const texts = await Promise.all(
      this.#groups.flatMap(below).map((group) => readFile(join(group, "cgroup.procs"), "utf8").catch(() => "")),
    );
    return [...new Set(texts.join("\n").split("\n").filter(Boolean).map(Number))];
  }
}

function environmentIn(directory: string): Record<string, string> {
  return { HOME: directory, XDG_RUNTIME_DIR: join(directory, "run"), DBUS_SESSION_BUS_ADDRESS: "" };
}

/** Where systemd keeps its groups: version 2, its own of version 1, or both. */
function hierarchies(): readonly string[] {
  const lines = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  return lines
    .filter(([, , type, options = ""]) => type === "cgroup2" || (type === "cgroup" && options.includes("name=systemd")))
    .flatMap(([, mount]) => mount ?? []);
}

/** Whether groups can be made there. */
function isOurs(mount: string): boolean {
  const directory = join(mount, `understudy-try-${process.pid}`);
  try {
    mkdirSync(directory);
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}

/** The group and all that are in it, the innermost first. */
function below(group: string): readonly string[] {
  const inside = existsSync(group)
    ? readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return [...inside.flatMap(({ name }) => below(join(group, name))), group];
}

async function removeGroup(group: string): Promise<void> {
  for (let tries = 0; tries < 50 && existsSync(group); tries += 1) {
    for (const one of below(group)) await rmdir(one).catch(() => undefined);
    await sleep(20);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return; // It has ended meanwhile.
  }
}
