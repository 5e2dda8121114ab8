// Run with Node 24 by programs.mjs: says on standard output what is missing; exit code 1 then.
import { findPrograms } from "../src/services/postgres/programs.ts";

try {
  await findPrograms(null);
} catch (error) {
  process.stdout.write(error.message);
  process.exitCode = 1;
}
