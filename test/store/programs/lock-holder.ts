import { DatabaseSync } from "node:sqlite";

/** Takes the write lock of a store's file, with a change half made, and keeps it. */
const db = new DatabaseSync(process.argv[2] ?? "");
db.exec("BEGIN IMMEDIATE; INSERT INTO entry (key, value, revision) VALUES ('half', 'made', 1)");
console.log("locked");
setInterval(() => undefined, 1000);
