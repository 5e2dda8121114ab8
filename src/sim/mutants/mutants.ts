import { AGENT } from "./agent.ts";
import { COPIES } from "./copies.ts";
import { DRIVER } from "./driver.ts";
import type { Mutant } from "./mutant.ts";
import { PLACES } from "./places.ts";
import { PROMISES } from "./promises.ts";
import { ROUTE } from "./route.ts";
import { TAKEOVER } from "./takeover.ts";
import { TERM } from "./term.ts";
import { WITHOUT_DATA } from "./without-data.ts";

/** All of them, in the order of the protocol. */
export const MUTANTS: readonly Mutant[] = [
  ...TAKEOVER,
  ...TERM,
  ...COPIES,
  ...AGENT,
  ...DRIVER,
  ...ROUTE,
  ...WITHOUT_DATA,
  ...PLACES,
  ...PROMISES,
];
