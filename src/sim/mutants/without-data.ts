import { mutant, type Mutant } from "./mutant.ts";

/** What differs where there is no data. */
export const WITHOUT_DATA: readonly Mutant[] = [
  mutant(
    "vacate-while-it-stops",
    "11: without data only a service that is gone answers nobody",
    "core/as-holder.ts",
    "  return settings.hasData && service.state",
    "  return service.state",
    { faults: ["operator switches over", "agent is asked to leave"], withoutData: true },
  ),
];
