import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupRecord } from "../../src/core/record.ts";
import { pretendApi } from "../support/pretend-api.ts";
import { groupOf, recordOf, statusOf, type PretendAgent } from "../support/pretend-agent.ts";
import { run, start } from "../support/run-understudy.ts";
import { eventsOf, killedPrimary } from "../support/takeover-events.ts";

const withRecord = (change: Partial<GroupRecord>) => statusOf({ groups: [groupOf({ record: recordOf(change) })] });

/** Lets the agent do what it is asked for: "b" becomes primary of term 8 a moment later. */
function takesOver(agent: PretendAgent): void {
  agent.onRequest = () => {
    agent.current = withRecord({ switchover: { to: null, phase: "draining", by: "x", because: "", id: "op-1" } });
    setTimeout(() => (agent.current = withRecord({ primary: null, open: false })), 150);
    setTimeout(() => {
      agent.current = withRecord({ primary: "b", term: 8 });
      agent.history = eventsOf(killedPrimary.slice(0, 7));
    }, 300);
    return { outcome: "accepted", text: '"a" hands over to "b"', id: "op-1" };
  };
}

test("status ends with 0 only when all is healthy", async (t) => {
  const { file, agent } = await pretendApi(t);
  const well = await run("status", "-c", file);
  assert.equal(well.code, 0);
  assert.match(well.stdout, /^quickstart  store sqlite ok/);
  agent.current = statusOf({ groups: [groupOf({ state: "degraded" })] });
  const notWell = await run("status", "-c", file, "--json");
  assert.equal(notWell.code, 2);
  assert.deepEqual(JSON.parse(notWell.stdout), agent.current);
});

test("status --watch --json prints a line each time and ends on SIGINT", async (t) => {
  const { file, agent } = await pretendApi(t);
  const watching = start(["status", "--watch", "--json", "-c", file]);
  await watching.shows(/\n.*\n/);
  watching.child.kill("SIGINT");
  const { code, stdout } = await watching.ended;
  assert.equal(code, 0);
  for (const line of stdout.trimEnd().split("\n")) assert.deepEqual(JSON.parse(line), agent.current);
});

test("switchover waits and tells how it went", async (t) => {
  const { file, agent } = await pretendApi(t);
  takesOver(agent);
  const { code, stdout, stderr } = await run("switchover", "--to", "b", "--because", "kernel update", "-c", file);
  assert.equal(stderr, '"a" hands over to "b"\n');
  assert.match(stdout, /84 ms \(deciding 9 ms, promoting 61 ms, opening 14 ms\)/);
  assert.match(stdout, /^"b" is primary of "main" in term 8\.$/m);
  assert.equal(code, 0);
  const [{ by, ...asked } = { by: "" }] = agent.asked;
  assert.deepEqual(asked, { do: "switchover", group: "main", to: "b", because: "kernel update" });
  assert.match(by, /^\w+@/);
});

test("switchover --json gives the story with its numbers", async (t) => {
  const { file, agent } = await pretendApi(t);
  takesOver(agent);
  const { code, stdout } = await run("switchover", "--json", "-c", file);
  const { outcome, primary, term, story } = JSON.parse(stdout) as Record<string, unknown> & {
    story: { totalMs: number };
  };
  assert.deepEqual([code, outcome, primary, term], [0, "done", "b", 8]);
  assert.ok(Math.abs(story.totalMs - 84) < 0.01);
});

test("a switchover that is given up ends with 1 and the reason", async (t) => {
  const { file, agent } = await pretendApi(t);
  agent.onRequest = () => {
    agent.current = withRecord({ switchover: { to: "b", phase: "requested", by: "x", because: "", id: "op-1" } });
    setTimeout(() => (agent.current = withRecord({ because: '"b" is not streaming' })), 250);
    return { outcome: "accepted", text: "on its way", id: "op-1" };
  };
  const { code, stderr } = await run("switchover", "--to", "b", "-c", file);
  assert.equal(code, 1);
  assert.match(stderr, /It was given up, and "a" stays primary: "b" is not streaming/);
});

test("a switchover that takes too long ends with 124, and --no-wait does not wait", async (t) => {
  const { file, agent } = await pretendApi(t);
  agent.current = withRecord({ switchover: { to: "b", phase: "requested", by: "x", because: "", id: "op-1" } });
  const [late, unwaited] = await Promise.all([
    run("switchover", "--timeout", "300ms", "-c", file),
    run("switchover", "--no-wait", "-c", file),
  ]);
  assert.equal(late.code, 124);
  assert.match(late.stderr, /Not done within 300 ms; it may still happen/);
  assert.equal(unwaited.code, 0);
  assert.match(unwaited.stdout, /switchover is on its way/);
});

test("what is refused ends with 107, and failover says what could be lost", async (t) => {
  const { file, agent } = await pretendApi(t);
  agent.onRequest = () => ({ outcome: "refused", text: "writes that only a acknowledged may be lost" });
  agent.current = withRecord({
    primary: null,
    open: false,
    sealed: { b: { incarnation: "b1", position: { term: 7, offset: 50_331_904 } } },
  });
  const [refused, failover] = await Promise.all([run("reinit", "b", "-c", file), run("failover", "-c", file)]);
  assert.deepEqual([refused.code, refused.stderr], [107, "understudy: writes that only a acknowledged may be lost\n"]);
  assert.equal(failover.code, 107);
  assert.match(failover.stderr, /b: sealed at offset 50331904 of term 7/);
  assert.match(failover.stderr, /understudy failover --accept-loss/);
});

test("an unavailable store ends with 69, an unknown name with 64", async (t) => {
  const { file, agent } = await pretendApi(t);
  agent.onRequest = (operation) =>
    operation.do === "pause"
      ? { outcome: "unavailable", text: "The store does not answer" }
      : { outcome: "unknown-name", text: "no such member" };
  const [pause, resume] = await Promise.all([run("pause", "-c", file), run("resume", "-c", file)]);
  assert.deepEqual([pause.code, resume.code], [69, 64]);
});

test("why and events tell what happened", async (t) => {
  const { file, agent } = await pretendApi(t);
  const nothing = await run("why", "-c", file);
  assert.deepEqual([nothing.code, nothing.stdout], [0, 'No member of "main" has become primary yet.\n']);
  agent.history = eventsOf(killedPrimary);
  const [why, events, json] = await Promise.all([
    run("why", "-c", file),
    run("events", "--limit", "2", "-c", file),
    run("events", "--json", "-c", file),
  ]);
  assert.match(why.stdout, /^main {2}takeover {2}a → b {2}term 8/);
  assert.deepEqual(events.stdout.split("\n").length, 3);
  assert.deepEqual(JSON.parse(json.stdout), agent.history);
});

test("events --follow tells new ones as they happen", async (t) => {
  const { file, agent } = await pretendApi(t);
  agent.history = eventsOf(killedPrimary.slice(0, 2));
  const following = start(["events", "--follow", "--limit", "1", "-c", file]);
  await following.shows(/suspected/);
  agent.history = eventsOf(killedPrimary);
  agent.ring();
  await following.shows(/rejoined/);
  following.child.kill("SIGINT");
  const { code, stdout } = await following.ended;
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split("\n").length, killedPrimary.length - 1);
});
