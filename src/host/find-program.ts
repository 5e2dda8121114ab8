import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The whole path of a program that is looked for in the search path; `null`: there is none that may be run. */
export async function findProgram(name: string): Promise<string | null> {
  if (name.includes("/")) return (await mayRun(name)) ? name : null;
  const places = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  for (const directory of places) if (await mayRun(join(directory, name))) return join(directory, name);
  return null;
}

function mayRun(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
