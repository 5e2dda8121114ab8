import { checkAddresses } from "./check-addresses.ts";
import { checkCredentials } from "./check-credentials.ts";
import { checkDirectories } from "./check-directories.ts";
import { checkExternal } from "./check-external.ts";
import { checkGroups } from "./check-groups.ts";
import { checkHeartbeats } from "./check-heartbeats.ts";
import { checkStore } from "./check-store.ts";
import type { Config } from "./config.ts";
import type { Finding } from "./problem.ts";
import type { FileConfig } from "./schema.ts";

/** The file as it was given and what it means. */
export interface Checked {
  readonly given: FileConfig;
  readonly config: Config;
}

/** What is wrong although each setting alone is right. */
export function crossCheck(checked: Checked): readonly Finding[] {
  return [
    ...checkExternal(checked),
    ...checkGroups(checked),
    ...checkAddresses(checked),
    ...checkDirectories(checked),
    ...checkHeartbeats(checked),
    ...checkStore(checked),
    ...checkCredentials(checked),
  ];
}
