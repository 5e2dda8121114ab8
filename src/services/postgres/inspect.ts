import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import { readDataId, readIdentity, type Identity } from "./identity.ts";
import { readWork, type Work } from "./work-journal.ts";

/** What is in a member's data directory while no server runs in it. */
export interface Inspection {
  /**
   * - `empty`: nothing; it can be created or cloned
   * - `partial`: a clone or a rewind was broken off; it can only be cloned
   * - `foreign`: something that must not be touched, see `problem`
   * - `present`: data; without an identity it is a cluster that nobody has adopted yet
   */
  readonly state: "empty" | "partial" | "foreign" | "present";
  readonly problem: string | null;
  readonly identity: Identity | null;
  /** The data's system identifier, adopted or not; `null` without data. */
  readonly dataId: string | null;
}

/** What is needed to look. */
export type InspectedPlace = Pick<DataContext, "data" | "memberDirectory" | "programs" | "account">;

/**
 * Looks at the data directory without changing anything or starting a program: a few small reads, cheap enough for
 * every beat. `expectedDataId` is the group's, `null` while there is none. Never rejects: what cannot be read is `foreign`.
 */
export async function inspect(place: InspectedPlace, expectedDataId: string | null): Promise<Inspection> {
  try {
    const work = await readWork(place.memberDirectory);
    if (work && !work.isDataWhole) return found("partial", brokenOff(work));
    return await inspectData(place, expectedDataId, work);
  } catch (error) {
    return found("foreign", messageOf(error));
  }
}

async function inspectData(place: InspectedPlace, expected: string | null, work: Work | null): Promise<Inspection> {
  const { data } = place;
  const names = await namesIn(data);
  if (names.length === 0) return work ? found("partial", brokenOff(work)) : found("empty", null);
  if (!names.includes("PG_VERSION"))
    return found(
      "foreign",
      `"${data}" is not empty and holds no PostgreSQL data, but ${listed(names)}. Name another directory, or empty it.`,
    );
  const problem = (await versionProblem(place)) ?? (await ownerProblem(place));
  if (problem !== null) return found("foreign", problem);
  const [identity, dataId] = [await readIdentity(data), await readDataId(data)];
  if (dataId === null)
    return found(
      "foreign",
      `"${data}" has no control file: it is not whole. Restore it, or empty it so that it is cloned.`,
    );
  const isOther = identity !== null && identity.dataId !== dataId;
  if (isOther)
    return found(
      "foreign",
      `"${data}" holds the database ${dataId}, but its understudy.json belongs to ${identity.dataId}: files of two databases were mixed. Restore it, or empty it so that it is cloned.`,
    );
  if (expected !== null && expected !== dataId)
    return found(
      "foreign",
      `"${data}" holds another database (system identifier ${dataId}) than the group (${expected}). Name another directory, or move it away so that it is cloned.`,
    );
  const foreign = identity === null && work?.doing !== "adopt" ? await strangeness(data, names) : null;
  if (foreign !== null) return found("foreign", foreign);
  return { state: "present", problem: null, identity, dataId };
}

function found(state: Inspection["state"], problem: string | null): Inspection {
  return { state, problem, identity: null, dataId: null };
}

function brokenOff(work: Work): string {
  const saved = work.aside === null ? "" : ` What only this copy had is in "${work.aside}".`;
  return `A ${work.doing} from "${work.from}", begun ${work.since}, was not finished: the data is not usable and has to be cloned.${saved}`;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

function listed(names: readonly string[]): string {
  const first = names
    .slice(0, 4)
    .map((name) => `"${name}"`)
    .join(", ");
  return names.length > 4 ? `${first} and ${names.length - 4} more` : first;
}

async function versionProblem({ data, programs }: InspectedPlace): Promise<string | null> {
  const version = (await readFile(join(data, "PG_VERSION"), "utf8")).trim();
  if (version === String(programs.major)) return null;
  return `"${data}" is of PostgreSQL ${version}, but the programs in "${programs.directory}" are of ${programs.version}. Name the right "programs", or upgrade the data.`;
}

async function ownerProblem({ data, account }: InspectedPlace): Promise<string | null> {
  const { uid, mode } = await stat(data);
  if (uid !== account.uid)
    return `"${data}" belongs to the user ${uid}, but the server runs as "${account.name}" (${account.uid}). Change one of them (chown -R ${account.name} "${data}", or "runAs").`;
  if ((mode & 0o027) !== 0)
    return `"${data}" may be entered or changed by others, which PostgreSQL refuses. Allow its owner only: chmod 0700 "${data}".`;
  return null;
}

/** What a cluster that is to be adopted must not have. */
async function strangeness(data: string, names: readonly string[]): Promise<string | null> {
  const tablespaces = await namesIn(join(data, "pg_tblspc"));
  if (tablespaces.length > 0)
    return `The cluster in "${data}" has ${tablespaces.length} tablespace(s) outside its directory, which is not supported. Move their tables back (ALTER TABLE … SET TABLESPACE pg_default) and drop them.`;
  const unfinished = ["standby.signal", "recovery.signal", "backup_label"].find((name) => names.includes(name));
  if (unfinished !== undefined)
    return `The cluster in "${data}" is a standby or an unfinished restore ("${unfinished}"). Finish that first, or empty the directory so that it is cloned.`;
  return null;
}
