import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { sendSignal } from "../../src/host/processes.ts";
import { findPrograms } from "../../src/services/postgres/programs.ts";
import type { GroupEvent } from "../../src/core/event.ts";
import { start } from "../support/run-understudy.ts";
import { RunningGroup } from "./group.ts";

const HOUR_MS = 3_600_000;

/** How far the wall clocks of the agents are off. */
const HOURS_OFF = { b: 5, c: -7 };

/** Shifts the wall clock of an agent's process by the hours of its node; the monotonic clock stays what it is. */
const SHIM = `
  const node = process.argv[process.argv.indexOf("--node") + 1];
  const ms = (${JSON.stringify(HOURS_OFF)}[node] ?? 0) * ${HOUR_MS};
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...at) { super(...(at.length === 0 ? [Right.now() + ms] : at)); }
    static now() { return Right.now() + ms; }
  };
`;

const THREE = `
cluster: clocks
store: { sqlite: ./store.db }
nodes: { a: { directory: ./a }, b: { directory: ./b }, c: { directory: ./c } }
groups:
  main:
    service: { postgres: { parameters: { shared_buffers: 16MB } } }
    members:
      a: { address: 127.0.0.1:1, priority: 100 }
      b: { address: 127.0.0.1:2 }
      c: { address: 127.0.0.1:3 }
    routes: [{ proxy: { readWrite: 127.0.0.1:4 } }]
`;

const withPrograms = (directory: string): string => THREE.replace("parameters:", `programs: ${directory}, parameters:`);

/** Programs that are those of this machine, and say that they are of another version. */
async function programsOf(t: TestContext, version: string): Promise<string> {
  const { directory: real } = await findPrograms(null);
  const directory = await mkdtemp(join(tmpdir(), "understudy-programs-"));
  t.after(() => rm(directory, { recursive: true }));
  for (const name of await readdir(real)) {
    const tells = `[ "$1" = --version ] && { echo "${name} (PostgreSQL) ${version}"; exit 0; }`;
    await writeFile(join(directory, name), `#!/bin/sh\n${tells}\nexec "${real}/${name}" "$@"\n`, { mode: 0o755 });
  }
  return directory;
}

test(
  "programs of a version that cannot be used: check and agent say so, and which can",
  { timeout: 30_000 },
  async (t) => {
    for (const version of ["12.22", "19.1"]) {
      const directory = await programsOf(t, version);
      const group = await RunningGroup.of(withPrograms(directory));
      t.after(() => group.remove());
      const words = new RegExp(`"${directory}" has version ${version}, and 13 to 18 can be used`);
      const checked = await group.command("check");
      assert.equal(checked.code, 2);
      assert.match(checked.stderr, words);
      assert.match(checked.stderr, /u\.yaml:\d+:\d+: Cannot use the PostgreSQL programs/);
      const agent = await start(["agent", "--node", "a", "-c", group.file]).ended;
      assert.equal(agent.code, 2);
      assert.match(agent.stderr, words);
      assert.match(agent.stderr, /name the directory of its programs in "programs"/);
    }
  },
);

test("with several versions installed the data's own is used, not the newest", async (t) => {
  const real = await findPrograms(null);
  const newer = await programsOf(t, "18.99");
  const path = process.env["PATH"] ?? "";
  t.after(() => (process.env["PATH"] = path));
  process.env["PATH"] = `${newer}:${path}`;
  assert.equal((await findPrograms(null)).directory, newer);
  assert.equal((await findPrograms(null, real.major)).major, real.major);
  assert.equal((await findPrograms(null, 14)).directory, newer);
});

test(
  "wall clocks that are hours off decide nothing; data of another version is left alone",
  { timeout: 120_000 },
  async (t) => {
    const group = await RunningGroup.of(THREE);
    t.after(() => group.remove());
    process.env["NODE_OPTIONS"] = `--import "data:text/javascript,${encodeURIComponent(SHIM)}"`;
    group.up();
    delete process.env["NODE_OPTIONS"];
    await group.healthy();

    await t.test("a takeover, the former primary's return and a switchover go as usual", async () => {
      const client = await group.connect();
      await client.query("CREATE TABLE kept (id int)");
      await client.query("INSERT INTO kept VALUES (1)");
      sendSignal(await group.postmasterOf("a"), "SIGKILL");
      await client.whenLost;
      const after = await group.until((s) => s.groups[0]?.record?.term === 2 && s.groups[0].state === "healthy");
      const to = after.groups[0]?.record?.primary === "b" ? "c" : "b";
      const switched = await group.command("switchover", "--to", to);
      assert.equal(switched.code, 0, switched.stderr);
      assert.equal((await group.healthy()).groups[0]?.record?.term, 3);
      const again = await group.connect();
      assert.deepEqual((await again.query("SELECT id FROM kept")).rows, [{ id: 1 }]);
      again.close();
    });

    await t.test("only the times of what they tell are wrong", async () => {
      const { stdout } = await group.command("events", "--json");
      const events = JSON.parse(stdout) as readonly GroupEvent[];
      for (const [node, hours] of Object.entries({ a: 0, ...HOURS_OFF })) {
        const told = events.filter((event) => event.node === node);
        const off = told.map(({ atMs }) => Math.round((atMs - Date.now()) / HOUR_MS));
        assert.deepEqual([...new Set(off)], [hours], `of "${node}"`);
      }
      const why = await group.command("why");
      assert.match(why.stdout, /term 3 /, "the last story is that of the last term, whatever the clocks say");
    });

    await t.test("a member whose data is of another version says what to do, and the others go on", async () => {
      assert.equal(await group.down(), 0);
      const { data } = group.group.members["a"] ?? { data: "" };
      const right = await readFile(join(data, "PG_VERSION"), "utf8");
      await writeFile(join(data, "PG_VERSION"), "14\n");
      group.up();
      const words = `"${data}" is of PostgreSQL 14, but the programs in .* are of ${right.trim()}`;
      const status = await group.until(
        (s) => s.groups[0]?.record?.open === true && s.groups[0].members[0]?.report?.state === "foreign",
      );
      assert.match(status.groups[0]?.members[0]?.report?.problem ?? "", new RegExp(words));
      assert.match(
        (await group.command("events")).stdout,
        /foreign-data\) .* Name the right "programs", or upgrade the data/,
      );
      await writeFile(join(data, "PG_VERSION"), right);
      await group.healthy();
    });
  },
);
