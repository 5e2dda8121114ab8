import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../lib/failure.ts";
import { checkedParameters, serverOptions, type ServerPlace } from "./settings.ts";

const place: ServerPlace = {
  tls: null,
  config: { kind: "postgres", programs: null, runAs: null, database: "app", user: "app", clients: [], parameters: {} },
  group: "orders",
  member: "a",
  address: { host: "127.0.0.1", port: 5433 },
  data: "/srv/a",
  delayMs: 0,
  memberDirectory: "/srv/own",
  programs: { directory: "/bin", major: 15, version: "15.1", run: async () => "" },
};

function optionsWith(
  parameters: Readonly<Record<string, string>>,
  change: Partial<ServerPlace> = {},
): readonly string[] {
  return serverOptions({ ...place, config: { ...place.config, parameters }, ...change });
}

test("serverOptions() sets what safety depends on, and where the member listens", () => {
  const options = optionsWith({});
  for (const option of ["fsync=on", "restart_after_crash=off", "port=5433", 'unix_socket_directories="/srv/own/run"'])
    assert.ok(options.includes(option), option);
  assert.equal(options.filter((option) => option === "-c").length * 2, options.length);
});

test("serverOptions() lets a user choose otherwise where that is harmless", () => {
  assert.ok(optionsWith({ WAL_Keep_Size: "1GB" }).includes("wal_keep_size=1GB"));
  assert.ok(!optionsWith({ WAL_Keep_Size: "1GB" }).includes("wal_keep_size=256MB"));
  assert.ok(optionsWith({ "pg_stat_statements.max": "100" }).includes("pg_stat_statements.max=100"));
});

test("serverOptions() keeps the path of the socket short enough for the system", () => {
  const memberDirectory = `/srv/${"x".repeat(100)}`;
  const option = optionsWith({}, { memberDirectory }).find((o) => o.startsWith("unix_socket_directories="));
  assert.match(option ?? "", /"\/tmp\/understudy-[0-9a-f]{16}"$/);
});

test("serverOptions() does not name a setting that the version no longer has", () => {
  const programs = { ...place.programs, major: 16 };
  assert.ok(optionsWith({}).includes("promote_trigger_file="));
  assert.ok(!optionsWith({}, { programs }).includes("promote_trigger_file="));
});

const refused: readonly [string, string, RegExp][] = [
  ["fsync", "off", /"fsync" = "off": Understudy sets it itself/],
  ["Full_Page_Writes", "off", /"Full_Page_Writes"/],
  ["synchronous_standby_names", "", /Understudy sets it itself/],
  ["primary_conninfo", "host=x", /Understudy sets it itself/],
  ["restart_after_crash", "on", /Understudy sets it itself/],
  ["hot_standby", "off", /Understudy sets it itself/],
  ["recovery_target_time", "now", /Understudy sets it itself/],
  ["port", "1", /Understudy sets it itself/],
  ["wal_level", "minimal", /it must be replica or logical/],
  ["synchronous_commit", "off", /it must be on or remote_apply/],
  ["a=b -c fsync", "off", /not the name of a setting/],
];

for (const [name, value, message] of refused)
  test(`checkedParameters() refuses ${name} = ${value}`, () => {
    const attempt = (): unknown => checkedParameters({ [name]: value });
    assert.throws(attempt, (error) => error instanceof UserError && message.test(error.message));
  });
