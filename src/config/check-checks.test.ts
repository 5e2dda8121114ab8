import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkText } from "./load.ts";
import { describeProblem } from "./problem.ts";

const read = (name: string): string => readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), "utf8");
const web = read("web");
const quickstart = read("quickstart");

function withChecks(checks: string, service: "process" | "postgres" = "process") {
  const [text, was] = service === "process" ? [web, "    members:"] : [quickstart, "    members:"];
  const plain = text.replace(/ +checks: .*\n/, "");
  return checkText("/etc/u.yaml", plain.replace(was, `    checks: ${checks}\n${was}`));
}

const said = (checks: string, service?: "process" | "postgres"): string =>
  withChecks(checks, service).problems.map(describeProblem).join("; ");

const mistakes: readonly (readonly [checks: string, message: RegExp, service?: "postgres"])[] = [
  ["[{ sql: {} }]", /u\.yaml:\d+:16: sql has no meaning here: a process answers no queries/],
  ["[{ any: [{ tcp: {} }, { all: [{ sql: {} }] }] }]", /sql has no meaning here/],
  ["[{ http: {} }]", /http has no meaning here: PostgreSQL does not answer by HTTP/, "postgres"],
  ["[{ redis: {} }]", /redis has no meaning here/, "postgres"],
  ["[{ grpc: {} }]", /grpc has no meaning here/, "postgres"],
  [
    "[{ atLeast: { count: 3, of: [{ tcp: {} }, { http: {} }] } }]",
    /count: 3 can never be met by 2 checks; expected at most 2/,
  ],
  ["[{ any: [] }]", /any cannot be an empty list; expected one check at least/],
  ["[{ any: [{ tpc: {} }] }]", /unknown setting "tpc" in groups\.web\.checks\[0\]\.any\[0\]; did you mean "tcp"/],
  ["[{ tcp: {}, http: {} }]", /expected a check: one of tcp, sql, http/],
  ["[{ tcp: { slow: 1s } }]", /no good answer can be so slow/],
  ["[{ http: { path: health } }]", /path that begins with \//],
  ["[{ http: { status: 2xx } }]", /statuses, such as 200-299,301/],
  ["[{ http: { method: HEAD, body: fine } }]", /body has no meaning here: the answer to HEAD has none/],
  ["[{ file: { path: x, absent: true, maxAge: 1m } }]", /maxAge has no meaning here/],
  ["[{ file: {} }]", /missing groups\.web\.checks\[0\]\.file\.path/],
  ["[{ file: { path: /x } }]\n    judges: majority", /file can be asked on the primary's own host only/],
  [
    "[{ any: [{ tcp: {} }, { process: { command: x } }] }]\n    judges: majority",
    /process can be asked on the primary's/,
  ],
  ["[]\n    judges: majority", /there are no checks to judge by/],
  ["[{ process: {} }]", /process does not say which process; expected pidFile or command/],
  ["[{ exec: { command: check_load } }]", /a list of words/],
  ["[{ exec: { command: [x], warningIs: ignored } }]", /one of good, bad/],
  ["[{ redis: { role: slave } }]", /one of master, replica/],
];

for (const [checks, message, service] of mistakes)
  test(`checks: ${checks} is refused`, () => assert.match(said(checks, service), message));

test("checks get their defaults, absolute paths and ranges", () => {
  const { config } = withChecks(
    "[{ http: { status: '200-299,301', tls: { ca: ca.pem } } }, { any: [{ tcp: { interval: 100ms } }, { file: { path: flag } }] }]",
  );
  const [http, any] = config?.groups["web"]?.checks ?? [];
  assert.deepEqual(http, {
    kind: "http",
    method: "GET",
    path: "/",
    host: null,
    status: [
      { from: 200, to: 299 },
      { from: 301, to: 301 },
    ],
    header: null,
    body: null,
    tls: { minDays: 1, ca: "/etc/ca.pem" },
    intervalMs: 1000,
    inDoubtMs: 250,
    timeoutMs: 1000,
    rise: 2,
    fall: 3,
    slowMs: null,
    flaps: 5,
  });
  assert.ok(any?.kind === "composed");
  assert.equal(any.least, 1);
  const [tcp, file] = any.of;
  assert.ok(tcp?.kind === "tcp" && tcp.inDoubtMs === 50);
  assert.ok(file?.kind === "file" && file.path === "/etc/flag" && file.isWanted);
});
