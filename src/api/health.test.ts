import assert from "node:assert/strict";
import { test } from "node:test";
import { groupOf, memberOf, recordOf, reportOf, statusOf } from "../../test/support/pretend-agent.ts";
import type { ClusterStatus } from "./agent-port.ts";
import { healthChecks, type HealthCheck } from "./contract.ts";
import { answerHealth } from "./health.ts";

const primary = statusOf();
const withRecord = (change: Parameters<typeof recordOf>[0]): ClusterStatus =>
  statusOf({ groups: [groupOf({ record: recordOf(change) })] });
const standby = (change: Parameters<typeof memberOf>[1] = {}): ClusterStatus =>
  statusOf({ node: "b", groups: [groupOf({ members: [memberOf("b", change)] })] });

/** The checks that are answered with 200. */
function trueOf(status: ClusterStatus): string {
  return healthChecks.filter((check) => answerHealth(status, null, check, null).code === 200).join(" ");
}

test("answerHealth() tells primaries from standbys and from what is neither", () => {
  const cases: readonly (readonly [what: string, status: ClusterStatus, expected: string])[] = [
    ["an open primary", primary, "primary leader read-write read-only health liveness readiness"],
    ["a primary that is not open yet", withRecord({ open: false }), "health liveness"],
    ["the record names another", withRecord({ primary: "b" }), "health liveness"],
    ["the record is not known", statusOf({ groups: [groupOf({ record: null })] }), "health liveness"],
    ["a standby", standby(), "standby replica read-only synchronous sync health liveness readiness"],
    [
      "one that does not count",
      standby({ counted: false }),
      "standby replica read-only asynchronous async health liveness readiness",
    ],
    [
      "one that catches up",
      standby({ report: reportOf({ streaming: false }) }),
      "standby replica read-only synchronous sync health liveness",
    ],
    ["one that is down", standby({ report: reportOf({ health: "down" }) }), "liveness"],
    ["one that is cloned", standby({ role: "none", report: reportOf({ state: "partial" }) }), "liveness"],
    ["one that says nothing", standby({ role: "none", report: null }), "liveness"],
  ];
  for (const [what, status, expected] of cases) assert.equal(trueOf(status), expected, what);
});

test("answerHealth() takes a limit for the lag", () => {
  const code = (lagBytes: number | null, lag: string): number =>
    answerHealth(standby({ lagBytes }), null, "replica", lag).code;
  assert.equal(code(1_048_576, "1MB"), 200);
  assert.equal(code(1_048_577, "1MB"), 503);
  assert.equal(code(100, "99"), 503);
  assert.equal(code(null, "1MB"), 503);
  assert.equal(code(0, "much"), 400);
});

test("answerHealth() needs the group's name when there are several", () => {
  const status = statusOf({ groups: [groupOf(), groupOf({ group: "other", record: recordOf({ primary: "b" }) })] });
  const code = (group: string | null, check: HealthCheck): number => answerHealth(status, group, check, null).code;
  assert.equal(code(null, "primary"), 404);
  assert.equal(code("main", "primary"), 200);
  assert.equal(code("other", "primary"), 503);
  assert.equal(code("third", "primary"), 404);
  assert.equal(code(null, "liveness"), 200);
});
