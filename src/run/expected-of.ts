import type { Expectation } from "../checks/schedule.ts";
import type { ServiceConfig } from "../config/config.ts";
import type { ServiceState } from "../core/service-look.ts";

/** States in which nobody expects a service to answer. */
const NOT_RUNNING: ReadonlySet<ServiceState> = new Set([
  "empty",
  "partial",
  "foreign",
  "stopped",
  "starting",
  "stopping",
]);

/** What checks may expect of a service that is in `state`. */
export function expectedOf(service: ServiceConfig, state: ServiceState): Expectation {
  if (state === "standby" && "standby" in service && service.standby === "cold") return "nothing";
  return NOT_RUNNING.has(state) ? "silence" : "answers";
}
