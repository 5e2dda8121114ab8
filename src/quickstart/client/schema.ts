import type { Connection } from "./connection.ts";

/** Between which money is moved. Enough that two workers seldom meet. */
export const ACCOUNTS = 1000;
/** What each account begins with; what all hold together never changes. */
export const OPENING_BALANCE = 1000;

/** The client keeps to a schema of its own, beside whatever else is in the database. */
export const SCHEMA = "understudy_client";

/** Makes the client's tables anew. Ids have no unique constraint, on purpose: a duplicate shall show. */
export async function createTables(connection: Connection): Promise<void> {
  await connection.query(
    `DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE;
     CREATE SCHEMA ${SCHEMA};
     CREATE TABLE ${SCHEMA}.accounts (id integer PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
     CREATE TABLE ${SCHEMA}.transfers (batch integer NOT NULL, worker integer NOT NULL, sequence integer NOT NULL,
       source integer NOT NULL, target integer NOT NULL, amount integer NOT NULL);
     INSERT INTO ${SCHEMA}.accounts SELECT n, ${OPENING_BALANCE} FROM generate_series(1, ${ACCOUNTS}) n;`,
    undefined,
    10_000,
  );
}
