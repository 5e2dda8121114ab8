import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../agent/system-clock.ts";
import type { Clock } from "../lib/clock.ts";
import type { Check, CheckResult } from "./check.ts";
import { type Expectation, ScheduledCheck, type CheckTimes } from "./schedule.ts";

const TIMES: CheckTimes = { intervalMs: 1000, inDoubtMs: 50, timeoutMs: 100, rise: 1, fall: 1 };

/** Runs one check through its results, a try each time `next` is called. */
function scripted(
  results: readonly (Partial<CheckResult> | Error)[],
  times: CheckTimes,
  expected = (): Expectation => "answers",
) {
  let due: (() => void) | null = null;
  let nowMs = 0;
  const clock: Clock = {
    ...systemClock,
    nowMs: () => nowMs,
    after: (ms, then) => {
      due = () => {
        nowMs += ms;
        then();
      };
      return () => undefined;
    },
  };
  const left = [...results];
  const check: Check = {
    async run() {
      const result = left.shift() ?? {};
      if (result instanceof Error) throw result;
      return { ok: true, text: "", tookMs: 1, ...result };
    },
    close: () => undefined,
  };
  const scheduled = new ScheduledCheck(check, times, clock, undefined, expected);
  const next = async (): Promise<ScheduledCheck> => {
    await new Promise(setImmediate);
    due?.();
    await new Promise(setImmediate);
    return scheduled;
  };
  return { scheduled, next };
}

test("a check that throws has a bad result", async () => {
  const { next } = scripted([{}, new Error("its own fault")], TIMES);
  const scheduled = await next();
  assert.equal(scheduled.health, "down");
  assert.equal(scheduled.last?.text, "the check itself failed: its own fault");
});

test("a good answer that is late is slow, and up", async () => {
  const { next } = scripted([{}, { tookMs: 80 }, { tookMs: 20 }], { ...TIMES, slowMs: 50 });
  const slow = await next();
  assert.deepEqual([slow.health, slow.isSlow], ["up", true]);
  assert.equal((await next()).isSlow, false);
});

test("a flapping check stays down until it has been good for a while, and says so", async () => {
  const { scheduled, next } = scripted([{}, { ok: false }, {}, { ok: false }], { ...TIMES, flaps: 2 });
  for (let i = 0; i < 4; i += 1) await next();
  assert.equal(scheduled.health, "down");
  assert.match(scheduled.credit ?? "", /^flapping: more than 2 changes in 10 min; trusted again in /);
  for (let i = 0; i < 12; i += 1) await next();
  assert.equal(scheduled.health, "up");
});

test("a service that was stopped and started has not flapped", async () => {
  let expected: Expectation = "answers";
  const { scheduled, next } = scripted(
    [{}, { ok: false }, {}, { ok: false }, {}, { ok: false }],
    { ...TIMES, flaps: 2 },
    () => expected,
  );
  for (let i = 0; i < 5; i += 1) {
    expected = scheduled.health === "down" ? "answers" : "silence";
    await next();
  }
  await next();
  assert.equal(scheduled.health, "up");
});

test("what stands by without running is not asked, and begins anew when it runs", async () => {
  let expected: Expectation = "answers";
  const { scheduled, next } = scripted([{ ok: false }, {}], TIMES, () => expected);
  await next();
  expected = "nothing";
  for (let i = 0; i < 3; i += 1) await next();
  assert.deepEqual([scheduled.health, scheduled.last], ["unknown", null]);
  expected = "answers";
  await next();
  assert.equal(scheduled.health, "up");
});
