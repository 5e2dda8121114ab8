import type { SystemdConfig } from "../../config/process-config.ts";
import type { Place } from "../process/place.ts";
import { openRun, type ProcessService } from "../process/process-service.ts";
import { Systemctl } from "./systemctl.ts";
import { UnitLauncher } from "./unit-launcher.ts";

/** Opens the driver of one member's unit: a process like any other, but for who starts it. */
export async function openSystemd(place: Place<SystemdConfig>): Promise<ProcessService> {
  const launcher = new UnitLauncher(place, new Systemctl(place.config.unit, place.config.scope));
  await launcher.takeOver();
  return openRun(place, launcher);
}
