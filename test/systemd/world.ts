import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SystemdConfig } from "../../src/config/process-config.ts";
import type { Place } from "../../src/services/process/place.ts";
import { makePlace, SERVER } from "../process/world.ts";
import { UserSystemd } from "./user-systemd.ts";

export const UNIT = "site.service";

/** A place for a unit of a systemd of its own, which is found by this process's environment from then on. */
export interface UnitWorld extends AsyncDisposable {
  readonly systemd: UserSystemd;
  readonly place: Place<SystemdConfig>;
}

/** `mode` is that of the server; `more` goes into the unit. */
export async function makeUnit(mode = "children", more = "", change: Partial<SystemdConfig> = {}): Promise<UnitWorld> {
  await using stack = new AsyncDisposableStack();
  const systemd = stack.use(await UserSystemd.start());
  Object.assign(process.env, systemd.environment);
  await systemd.unit(UNIT, `[Service]\nExecStart="${process.execPath}" "${SERVER}" "${mode}"\n${more}\n`);
  const made = stack.use(await makePlace());
  const { command: _command, stop: _stop, runAs: _runAs, ...run } = made.config;
  const memberDirectory = await mkdtemp(join(tmpdir(), "under study-"));
  stack.defer(() => rm(memberDirectory, { recursive: true, force: true }));
  const config = { ...run, kind: "systemd", unit: UNIT, scope: "user", ...change } as const;
  const all = stack.move();
  return {
    systemd,
    place: { ...made, memberDirectory, config },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
