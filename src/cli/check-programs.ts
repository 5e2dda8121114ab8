import { readFile } from "node:fs/promises";
import type { Config, GroupConfig } from "../config/config.ts";
import type { Finding, Problem } from "../config/problem.ts";
import { readSource } from "../config/source.ts";
import { UserError } from "../lib/failure.ts";
import { findPrograms, majorOf, type Programs } from "../services/postgres/programs.ts";

/** What is wrong with the programs that a configuration names, as far as this machine shows it: they are missing, or not of the data's version. */
export async function checkPrograms(config: Config): Promise<readonly Problem[]> {
  const findings = await Promise.all(Object.values(config.groups).map(findingsOf));
  const source = readSource(config.file, await readFile(config.file, "utf8"));
  return findings.flat().map((finding) => source.locate(finding));
}

/** Without a directory in the file any installation will do, and each member looks for its own. */
async function findingsOf(group: GroupConfig): Promise<readonly Finding[]> {
  const directory = group.service.kind === "postgres" ? group.service.programs : null;
  if (directory === null) return [];
  const path = ["groups", group.group, "service", "postgres", "programs"];
  try {
    const programs = await findPrograms(directory);
    const findings = Object.values(group.members).map(({ data }) => otherVersion(path, programs, data));
    return (await Promise.all(findings)).flat();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ path, part: "value", text: error.message.split("\n")[0] ?? "" }];
  }
}

async function otherVersion(path: Finding["path"], programs: Programs, data: string): Promise<readonly Finding[]> {
  const major = await majorOf(data);
  if (major === null || major === programs.major) return [];
  const text = `the programs in "${programs.directory}" are of PostgreSQL ${programs.version}, but the data in "${data}" is of ${major}; expected the directory of the programs of ${major}, or data that was upgraded`;
  return [{ path, part: "value", text }];
}
