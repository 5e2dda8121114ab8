import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberStatus } from "../api/agent-port.ts";
import { stripVTControlCharacters } from "node:util";
import { groupOf, memberOf, recordOf, reportOf, statusOf } from "../../test/support/pretend-agent.ts";
import { colorPaint, plainPaint } from "./paint.ts";
import { renderStatus } from "./render-status.ts";

test("a healthy cluster is a calm screen", () => {
  assert.equal(
    renderStatus(statusOf(), 120, plainPaint).join("\n"),
    `quickstart  store sqlite ok  lease 2.00 s  as "a" sees it, version 0.1.0

main  postgres  strict, need 1 of 2  mode auto  healthy
  primary             a, term 7, open
  ready to take over  yes → b
  now                 steady: the lease has 1640 ms left

  MEMBER  ROLE     STATE      LAG     HEALTH  COUNTS  HEARD       GUARD    ADDRESS
  a       primary  primary    0 B     up      -       120 ms ago  process  127.0.0.1:5441
  b       standby  streaming  0 B     up      yes     120 ms ago  process  127.0.0.1:5442
  c       standby  streaming  8.0 kB  up      yes     120 ms ago  process  127.0.0.1:5443`,
  );
});

test("a guard that cannot be the one that is wanted says why", () => {
  const missing = "the program nft is not there: install the package nftables";
  const [, line] = renderStatus(statusOf({ guard: { kind: "process", missing } }), 120, plainPaint);
  assert.equal(line, `  guard  process alone: ${missing}`);
});

test("a member that answers late is slow, with what its checks see", () => {
  const checks = { isSlow: true, text: "http: slow: answered 200 after 812 ms (2 of 5 changes in 10 min)" };
  const members = [memberOf("a", { role: "primary" }), memberOf("b", { report: reportOf({ checks }) })];
  const lines = renderStatus(statusOf({ groups: [groupOf({ members })] }), 120, plainPaint).join("\n");
  assert.match(lines, /^ {2}b .*\bslow\b/m);
  assert.match(lines, /^ {2}! b {2}its checks: http: slow: answered 200 after 812 ms \(2 of 5 changes in 10 min\)$/m);
});

const inTrouble = statusOf({
  store: { kind: "sqlite", reachable: false, problem: 'no answer from "store.db" in 500 ms' },
  groups: [
    groupOf({
      state: "down",
      record: recordOf({
        primary: null,
        session: null,
        open: false,
        paused: { by: "ana@host", because: "kernel update", at: "2026-11-22T10:00:00Z" },
        switchover: { to: "b", phase: "handed-over", by: "bo@host", because: "", id: "1" },
      }),
      members: [
        memberOf("a", { role: "none", report: null, heardMsAgo: null, lagBytes: null, counted: false }),
        memberOf("b", { report: reportOf({ streaming: false, health: "down" }), heardMsAgo: 4100, lagBytes: null }),
        memberOf("c", {
          role: "none",
          report: reportOf({ state: "partial", work: "clone 43 %", problem: "the disk has 2 MB left" }),
        }),
      ],
      ready: { yes: false, to: null, because: "paused by ana@host: kernel update" },
      decision: { rule: "paused", because: "ana@host paused the group" },
    }),
  ],
});

test("trouble is named, with who did what", () => {
  assert.equal(
    renderStatus(inTrouble, 120, plainPaint).join("\n"),
    `quickstart  store sqlite NOT REACHABLE  lease 2.00 s  as "a" sees it, version 0.1.0
  store  no answer from "store.db" in 500 ms

main  postgres  strict, need 1 of 2  mode PAUSED  down
  primary             none, term 7 is vacant; the last one was a
  ready to take over  NO: paused by ana@host: kernel update
  paused              by ana@host at 2026-11-22T10:00:00Z: "kernel update"
  switchover          to b, handed-over, asked for by bo@host
  now                 paused: ana@host paused the group

  MEMBER  ROLE     STATE       LAG  HEALTH  COUNTS  HEARD       GUARD    ADDRESS
  a !     -        -           -    -       no      never       -        127.0.0.1:5441
  b !     standby  standby     -    down    yes     4.10 s ago  process  127.0.0.1:5442
  c       -        clone 43 %  0 B  up      yes     120 ms ago  process  127.0.0.1:5443
  ! c  the disk has 2 MB left`,
  );
});

test("on a narrow terminal columns are left out from the right, and nothing else is lost", () => {
  const lines = renderStatus(inTrouble, 50, plainPaint);
  const table = lines.slice(lines.findIndex((line) => line.includes("MEMBER")));
  assert.deepEqual(table, [
    "  MEMBER  ROLE     STATE       LAG  HEALTH  COUNTS",
    "  a !     -        -           -    -       no",
    "  b !     standby  standby     -    down    yes",
    "  c       -        clone 43 %  0 B  up      yes",
    "  ! c  the disk has 2 MB left",
  ]);
});

test("colours change nothing but the colours", () => {
  const plain = renderStatus(inTrouble, 100, plainPaint).join("\n");
  const colored = renderStatus(inTrouble, 100, colorPaint).join("\n");
  assert.notEqual(colored, plain);
  assert.equal(stripVTControlCharacters(colored), plain);
});

test("a group that was not founded yet can be shown", () => {
  const status = statusOf({ groups: [groupOf({ record: null, state: "down", members: [] })] });
  assert.match(renderStatus(status, 80, plainPaint).join("\n"), /primary +the group does not exist yet/);
});

test("heartbeats are told beside the sessions, where there are any", () => {
  const heartbeat = (state: "heard" | "late" | "silent" | "never", hearsUs = true): Partial<MemberStatus> => ({
    heartbeat: { state, agoMs: 40, hearsUs },
  });
  const members = [
    memberOf("a"),
    memberOf("b", heartbeat("heard")),
    memberOf("c", heartbeat("heard", false)),
    memberOf("d", heartbeat("silent")),
    memberOf("e", heartbeat("never")),
  ];
  const problem = "No heartbeats: 127.0.0.1:7661 (UDP) cannot be used: in use.";
  const status = statusOf({ heartbeats: { problem, dropped: {} }, groups: [groupOf({ members })] });
  const lines = renderStatus(status, 140, plainPaint);
  assert.equal(lines[1], `  heartbeats  ${problem}`);
  const heard = lines.flatMap((line) => /120 ms ago(.*?) {2}/.exec(line)?.[1] ?? []);
  assert.deepEqual(heard, ["", ", beats ok", ", beats, hears us not", ", beats silent", ", no beats"]);
});
