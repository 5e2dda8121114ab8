import { runCli } from "./run-cli.ts";

const exitCode = (await runCli(process.argv.slice(2))) || process.exitCode || 0;
process.exitCode = exitCode;
// Its channel to whoever keeps this process must not keep it alive.
process.channel?.unref();
