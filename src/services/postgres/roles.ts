import { Failure, UserError } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import { ADMIN_ROLE, OWN_ITERATIONS, REPLICATION_ROLE, scramVerifier } from "./secrets.ts";
import { runSingleUser } from "./single-user.ts";

/** Tells our own roles in an adopted cluster from roles that happen to have the same name. */
const MARK = "made by Understudy";

/** The first user of a cluster that was made by us. */
const FIRST_USER = 10;

/** What {@link makeRoles} left as it was. */
export interface RolesMade {
  /** The application's user was there before: it keeps its own password. */
  readonly userExisted: boolean;
}

/**
 * Makes the roles, the application's database and our schema in the data in `directory`, whose server
 * does not run. What is there already stays, so it can be repeated. `timeoutMs` includes a recovery.
 */
export async function makeRoles(context: DataContext, directory: string, timeoutMs: number): Promise<RolesMade> {
  requireOtherName(context.config.user);
  const { database, user } = context.config;
  const asked = [
    existence("pg_roles", "rolname", user, "user"),
    existence("pg_database", "datname", database, "database"),
  ];
  const statements = [...asked, ...roleStatements(context), ...SCHEMA];
  const said = await runSingleUser(context, directory, "postgres", statements, timeoutMs).catch(explained);
  if (!said.includes("database exists")) {
    const create = `CREATE DATABASE ${name(database)} OWNER ${name(user)}`;
    await runSingleUser(context, directory, "postgres", [create], timeoutMs);
  }
  return { userExisted: said.includes("user exists") };
}

function roleStatements(context: DataContext): readonly string[] {
  const { admin, replication, application } = context.secrets;
  const user = context.config.user;
  return [
    ownRole(ADMIN_ROLE),
    `ALTER ROLE ${ADMIN_ROLE} LOGIN SUPERUSER PASSWORD ${text(scramVerifier(admin, OWN_ITERATIONS))}`,
    ownRole(REPLICATION_ROLE),
    `ALTER ROLE ${REPLICATION_ROLE} LOGIN REPLICATION PASSWORD ${text(scramVerifier(replication, OWN_ITERATIONS))}`,
    unlessThere(user, `CREATE ROLE ${name(user)} LOGIN PASSWORD ${text(scramVerifier(application))}`),
  ];
}

/**
 * What pg_rewind reads by (its manual names these four), the states of other members, and the table with
 * each term's first entry. A rewind needs a checkpoint at its source, which a role may ask for only since version 15.
 */
const SCHEMA: readonly string[] = [
  `GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean) TO ${REPLICATION_ROLE}`,
  `GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO ${REPLICATION_ROLE}`,
  `GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO ${REPLICATION_ROLE}`,
  `GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO ${REPLICATION_ROLE}`,
  `GRANT pg_monitor TO ${REPLICATION_ROLE}`,
  `CREATE SCHEMA IF NOT EXISTS understudy AUTHORIZATION ${ADMIN_ROLE}`,
  `CREATE TABLE IF NOT EXISTS understudy.term (
     term int PRIMARY KEY, member text NOT NULL, incarnation text NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
  `ALTER TABLE understudy.term OWNER TO ${ADMIN_ROLE}`,
  `CREATE OR REPLACE FUNCTION understudy.checkpoint() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
     SET search_path = pg_catalog AS $$ BEGIN CHECKPOINT; END $$`,
  `ALTER FUNCTION understudy.checkpoint() OWNER TO ${ADMIN_ROLE}`,
  `REVOKE ALL ON FUNCTION understudy.checkpoint() FROM PUBLIC`,
  `GRANT USAGE ON SCHEMA understudy TO ${REPLICATION_ROLE}`,
  `GRANT EXECUTE ON FUNCTION understudy.checkpoint() TO ${REPLICATION_ROLE}`,
];

/** Makes a role of ours, and fails when somebody else's has its name. */
function ownRole(role: string): string {
  const existing = `SELECT 1 FROM pg_authid WHERE rolname = ${text(role)}`;
  return block(`IF NOT EXISTS (${existing}) THEN CREATE ROLE ${role}; COMMENT ON ROLE ${role} IS ${text(MARK)};
    ELSIF NOT EXISTS (${existing} AND (oid = ${FIRST_USER} OR shobj_description(oid, 'pg_authid') = ${text(MARK)}))
    THEN RAISE EXCEPTION 'role taken: ${role}'; END IF;`);
}

function unlessThere(role: string, statement: string): string {
  return block(`IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = ${text(role)}) THEN ${statement}; END IF;`);
}

function existence(table: string, column: string, value: string, word: string): string {
  return `SELECT '${word} ' || 'exists' FROM ${table} WHERE ${column} = ${text(value)}`;
}

function block(body: string): string {
  return `DO $understudy$ BEGIN ${body} END $understudy$`;
}

function requireOtherName(user: string): void {
  if (user !== ADMIN_ROLE && user !== REPLICATION_ROLE && !user.startsWith("pg_")) return;
  throw new UserError(`Cannot use "${user}" as the application's user: that name is reserved. Choose another "user".`);
}

function explained(error: unknown): never {
  const taken = error instanceof Failure && /role taken: (\w+)/.exec(error.message)?.[1];
  if (!taken) throw error;
  throw new UserError(
    `Cannot adopt this cluster: it has a role "${taken}" already, which Understudy did not make. Rename it (ALTER ROLE ${taken} RENAME TO …).`,
  );
}

function name(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** With an escape string, a backslash means the same whatever the cluster's settings are. */
function text(value: string): string {
  return `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
