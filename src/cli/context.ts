import { hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { AgentClient } from "../api/client.ts";
import type { Config } from "../config/config.ts";
import { tell } from "../host/tell.ts";
import { nearest } from "../lib/nearest.ts";
import { Exit, exitCodes } from "./exit.ts";
import { colorPaint, plainPaint, type Paint } from "./paint.ts";

/** The options that every command has. */
interface CommonOptions {
  readonly config?: string;
  readonly group?: string;
  readonly node?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** What a command works with: its common options and where its output goes. */
export class Context {
  /** The configuration file, absolute. */
  readonly file: string;
  readonly json: boolean;
  /** The node whose agent is asked; `null`: any. */
  readonly node: string | null;
  readonly paint: Paint;
  readonly #group: string | null;

  constructor(options: CommonOptions) {
    this.file = resolve(options.config ?? process.env["UNDERSTUDY_CONFIG"] ?? "understudy.yaml");
    this.json = options.json === true;
    this.node = options.node ?? null;
    this.#group = options.group ?? null;
    this.paint = options.color && process.stdout.isTTY && !process.env["NO_COLOR"] ? colorPaint : plainPaint;
  }

  /** The options of `command`, its own and the common ones, which may stand before or behind its name. */
  static of(command: Command): Context {
    return new Context(command.optsWithGlobals<CommonOptions>());
  }

  /** How wide the terminal is; wide when it is none. */
  get width(): number {
    return process.stdout.columns ?? 160;
  }

  /** Results go to the standard output … */
  print(...lines: readonly string[]): void {
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** … and what is said besides to the standard error. */
  say(text: string): void {
    tell(text);
  }

  async loadConfig(): Promise<Config> {
    const { loadConfig } = await import("../config/load.ts");
    return loadConfig(this.file);
  }

  /** An agent of the configuration to ask. */
  async connect(config: Config): Promise<AgentClient> {
    if (this.node !== null) knownOr(this.node, Object.keys(config.nodes), "node");
    const { connectAgent } = await import("../api/client.ts");
    return connectAgent(config, this.node);
  }

  /** Any agent of the configuration, also where `--node` names the node that is meant. */
  async connectAny(config: Config): Promise<AgentClient> {
    const { connectAgent } = await import("../api/client.ts");
    return connectAgent(config);
  }

  /** The group that is meant: the one named, or the only one there is. */
  groupOf(config: Config): string {
    const groups = Object.keys(config.groups);
    if (this.#group !== null) return knownOr(this.#group, groups, "group");
    const [only, ...others] = groups;
    if (only !== undefined && others.length === 0) return only;
    throw new Exit(exitCodes.usage, `Which group? Name it with --group; there are: ${groups.join(", ")}`);
  }

  /** The groups that are meant: the one named, or all. */
  groupsOf(config: Config): readonly string[] {
    return this.#group === null ? Object.keys(config.groups) : [this.groupOf(config)];
  }
}

/** `name`, if there is such a thing; else ends the command and lists what there is. */
export function knownOr(name: string, known: readonly string[], what: string): string {
  if (known.includes(name)) return name;
  const meant = nearest(name, known);
  const likely = meant === null ? "" : ` Did you mean "${meant}"?`;
  throw new Exit(exitCodes.usage, `There is no ${what} "${name}".${likely} There are: ${known.join(", ") || "none"}`);
}

/** Who asks, for the record and the events. */
export function whoAsks(): string {
  const name = ((): string => {
    try {
      return userInfo().username;
    } catch {
      return String(process.getuid?.() ?? "somebody");
    }
  })();
  return `${name}@${hostname()}`;
}
