import { checkConfig } from "./load.ts";

/** The program behind `loadConfigApart`: prints what `checkConfig` says about the file that it is given. */
process.stdout.write(JSON.stringify(await checkConfig(process.argv[2] ?? "")));
