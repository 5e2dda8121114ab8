import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "../../host/processes.ts";
import { readIfThere } from "../../host/durable-file.ts";
import { Failure, UserError } from "../../lib/failure.ts";
import type { Progress } from "../service.ts";
import type { DataContext } from "./context.ts";
import { writeCertificates } from "./encryption.ts";
import { finishAsStandby, writeOwnPassfile } from "./create.ts";
import { adoptHba } from "./hba.ts";
import { inspect } from "./inspect.ts";
import { prepareMemberDirectory } from "./member-directory.ts";
import { endLeftovers, requireNoProcesses } from "./place.ts";
import { makeRoles } from "./roles.ts";
import { clearWork, writeWork } from "./work-journal.ts";

/** A crashed server first replays its log, which can take long. */
const RECOVERY_MS = 3_600_000;

/**
 * Makes an existing cluster, whose server is stopped, the first copy of the group: adds our roles, our
 * schema and our lines in pg_hba.conf (a copy of the old file is kept). Its users, its data and its own
 * configuration stay. Can be repeated after a crash at any step. Rejects with a {@link UserError} that
 * says what to do when it cannot be adopted.
 */
export async function adoptData(context: DataContext, progress: Progress): Promise<void> {
  await prepareMemberDirectory(context);
  await writeCertificates(context);
  await endLeftovers(context);
  const { state, problem, identity } = await inspect(context, null);
  if (state !== "present") throw new UserError(problem ?? `There is no database in "${context.data}" to adopt`);
  if (identity !== null) throw new Failure(`"${context.data}" has been adopted already, as "${identity.incarnation}"`);
  await requireStopped(context);
  await requireConfiguration(context);
  await writeWork(context.memberDirectory, {
    format: 1,
    doing: "adopt",
    since: new Date().toISOString(),
    from: context.member,
    isDataWhole: true,
    aside: null,
  });
  progress("adopting the database: users");
  const { userExisted } = await makeRoles(context, context.data, RECOVERY_MS);
  if (userExisted) progress(`the user "${context.config.user}" was there already and keeps its password`);
  const trusting = await adoptHba(context);
  for (const line of trusting) progress(`pg_hba.conf lets in without a password: ${line.trim()}`);
  await finishAsStandby(context, context.data, { forks: [] });
  await clearWork(context.memberDirectory);
  if (!userExisted) await writeOwnPassfile(context);
}

/** A file of a crashed server stays behind, so its process is looked for. */
async function requireStopped({ data }: DataContext): Promise<void> {
  const pid = Number((await readIfThere(join(data, "postmaster.pid")))?.split("\n")[0] ?? 0);
  if (pid > 0 && (await isAlive(pid)))
    throw new UserError(
      `Cannot adopt "${data}" while its server runs (process ${pid}). Stop it, and make sure that nothing else starts it again: ` +
        `systemctl disable --now postgresql (Debian: postgresql@VERSION-NAME).`,
    );
  await requireNoProcesses(data);
}

/** Debian keeps the configuration elsewhere; from now on it belongs to the data. */
async function requireConfiguration({ data }: DataContext): Promise<void> {
  const names = await readdir(data);
  if (names.includes("postgresql.conf")) return;
  const elsewhere = await debianConfiguration(data);
  throw new UserError(
    `Cannot adopt "${data}": there is no postgresql.conf in it. Copy its configuration there: ` +
      `cp -a ${elsewhere ?? "DIRECTORY-OF-ITS-CONFIGURATION"}/{postgresql.conf,pg_hba.conf,pg_ident.conf,conf.d} "${data}/"`,
  );
}

async function debianConfiguration(data: string): Promise<string | null> {
  const root = "/etc/postgresql";
  const files = await readdir(root, { recursive: true }).catch(() => []);
  for (const file of files.filter((name) => name.endsWith("/postgresql.conf"))) {
    const text = await readFile(join(root, file), "utf8").catch(() => "");
    if (text.includes(`'${data}'`)) return join(root, file.slice(0, -"/postgresql.conf".length));
  }
  return null;
}
