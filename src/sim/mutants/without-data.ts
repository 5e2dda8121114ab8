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
  mutant(
    "loss-without-data",
    "6: where there is no data nothing can be lost by a take",
    "core/candidate.ts",
    '  if (!settings.hasData) return yes("there is no data that could be lost");\n',
    "",
    { faults: ["server dies", "host loses power", "isolated"], withoutData: true },
  ),
  mutant(
    "copy-of-nothing",
    "10: where there is no data no copy is replaced",
    "core/following.ts",
    "  return view.settings.hasData && asked",
    "  return asked",
    { faults: ["operator wants a new copy", "agent and server die"], withoutData: true },
  ),
];
