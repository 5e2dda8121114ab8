import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlive, knownIn, stands } from "./connections.ts";

const listen = { host: "10.0.0.9", port: 5432 };
const line = (state: string, left: number, marks = "[ASSURED] mark=7"): string =>
  `ipv4     2 tcp      6 ${left} ${state} src=10.0.1.2 dst=10.0.0.9 sport=40000 dport=5432 src=10.0.0.1 dst=10.0.0.9 sport=5441 dport=40000 ${marks} zone=0 use=2`;

test("knownIn() reads connections to the port from what the kernel says, and no others", () => {
  const text = [
    line("ESTABLISHED", 431_999),
    line("SYN_SENT", 1, "mark=0").replace(" src=10.0.0.1", " [UNREPLIED] src=10.0.0.1"),
    line("ESTABLISHED", 9).replace("dport=5432", "dport=5433"),
    line("ESTABLISHED", 9).replace("dst=10.0.0.9 sport=40000 dport=5432", "dst=10.0.0.8 sport=5432 dport=5432"),
    "ipv4     2 udp      17 29 src=10.0.1.2 dst=10.0.0.9 sport=40000 dport=5432 src=10.0.0.1 dst=10.0.0.9 sport=5441 dport=40000 mark=0 use=1",
    "",
  ].join("\n");
  const client = { host: "10.0.1.2", port: 40_000 };
  const upstream = { host: "10.0.0.1", port: 5441 };
  assert.deepEqual(knownIn(text, listen), [
    { state: "ESTABLISHED", client, listen, upstream, mark: 7, leftMs: 431_999_000 },
    { state: "SYN_SENT", client, listen, upstream, mark: 0, leftMs: 1000 },
  ]);
});

test("knownIn() reads what the program conntrack says as well", () => {
  const text =
    "tcp      6 431990 ESTABLISHED src=10.0.1.2 dst=10.0.0.9 sport=40000 dport=5432 src=10.0.0.1 dst=10.0.0.9 sport=5441 dport=40000 [ASSURED] mark=7 use=1";
  assert.deepEqual(
    knownIn(text, listen).map(({ mark }) => mark),
    [7],
  );
});

test("what is over cannot be reset, and what has been silent proves nothing", () => {
  const known = (state: string, left: number) => knownIn(line(state, left), listen);
  for (const [state, isStanding] of [
    ["ESTABLISHED", true],
    ["SYN_RECV", true],
    ["CLOSE_WAIT", true],
    ["SYN_SENT", false],
    ["CLOSE", false],
    ["TIME_WAIT", false],
  ] as const)
    assert.deepEqual(known(state, 9).map(stands), [isStanding], state);
  assert.deepEqual(known("ESTABLISHED", 100).map(isAlive), [false]);
  assert.deepEqual(known("CLOSE_WAIT", 431_999).map(isAlive), [false]);
});
