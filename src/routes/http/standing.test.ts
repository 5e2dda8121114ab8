import assert from "node:assert/strict";
import { test } from "node:test";
import { Latencies } from "./latencies.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Standing } from "./standing.ts";

const limits = { rise: 2, fall: 2 };

test("a refused connection is enough to be avoided, a lost request is not", () => {
  const refused = new Standing(limits);
  assert.equal(refused.note("refused", "", 1000), true);
  assert.equal(refused.isGood(5000), false, "nothing has shown that it works again");
  refused.checked(true, "");
  assert.deepEqual([refused.isGood(1999), refused.isGood(2000)], [false, true]);
  const lost = new Standing(limits);
  assert.deepEqual(
    [0, 1, 2].map((at) => lost.note("lost", "", at)),
    [false, false, true],
  );
});

test("errors in one of ten requests are forgiven, in one of four they are not", () => {
  for (const [every, isAvoided] of [
    [10, false],
    [4, true],
  ] as const) {
    const standing = new Standing(limits);
    for (let at = 1; at <= 200; at += 1)
      if (at % every === 0) standing.note("wrong", "it answers 500", at);
      else standing.answered();
    assert.equal(standing.isAvoided(201), isAvoided, `one of ${every}`);
  }
});

test("who fails again soon is avoided for longer, up to half a minute; a minute without a fault makes it the first time again", () => {
  const standing = new Standing(limits);
  let nowMs = 0;
  const avoidedMs = [1, 2, 3, 4, 5, 6, 7].map(() => {
    standing.note("wrong", "", nowMs);
    standing.note("wrong", "", nowMs);
    standing.note("wrong", "", nowMs);
    const fromMs = nowMs;
    while (standing.isAvoided(nowMs)) nowMs += 500;
    return nowMs - fromMs;
  });
  assert.deepEqual(avoidedMs, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  nowMs += 60_001;
  for (const _ of [1, 2, 3]) standing.note("wrong", "", nowMs);
  assert.equal(standing.isAvoided(nowMs + 1000), false);
});

test("checks take a server out and bring it back, and an operator's word stands above them", () => {
  const standing = new Standing(limits);
  assert.equal(standing.isGood(0), true);
  standing.checked(false, "refused");
  assert.equal(standing.isGood(0), true);
  standing.checked(false, "refused");
  assert.deepEqual([standing.isGood(0), standing.why(0)], [false, "refused"]);
  standing.note("refused", "", 0);
  standing.checked(true, "");
  standing.checked(true, "");
  assert.equal(standing.isGood(1), true, "what speaks for it now counts more than what spoke against it");
  standing.isDraining = true;
  assert.deepEqual([standing.isGood(1), standing.why(1)], [false, "draining"]);
});

test("who answers is not gone, but one that was silent has to be checked", () => {
  const refused = new Standing(limits);
  refused.note("refused", "", 0);
  refused.answered();
  assert.equal(refused.isGood(1), true);
  const silent = new Standing(limits);
  for (const _ of [1, 2, 3, 4, 5]) silent.note("silent", "", 0);
  silent.answered();
  assert.equal(silent.isGood(5000), false);
  silent.checked(true, "");
  assert.deepEqual([silent.isGood(999), silent.isGood(1000)], [false, true]);
});

test("real answers bring back a server that checks have taken out", () => {
  const standing = new Standing(limits);
  for (const _ of [1, 2]) standing.checked(false, "no answer");
  standing.answered();
  assert.equal(standing.health, "down");
  standing.answered();
  assert.equal(standing.health, "up");
});

test("quantiles are right to a quarter, and what was long ago fades", () => {
  const latencies = new Latencies();
  assert.equal(latencies.quantile(0.5), 0);
  for (let ms = 1; ms <= 100; ms += 1) latencies.add(ms);
  for (const part of [0.5, 0.95, 0.99]) {
    const ms = latencies.quantile(part);
    assert.ok(ms >= part * 100 && ms <= part * 125, `${part}: ${ms}`);
  }
  for (let i = 0; i < 20_000; i += 1) latencies.add(1);
  assert.ok(latencies.quantile(0.99) < 2);
  latencies.add(1e9);
  assert.ok(latencies.quantile(1) > 100_000);
});

test("in the long run one request of five may be tried once more", () => {
  const budget = new RetryBudget();
  let spent = 0;
  for (let i = 0; i < 10_000; i += 1) {
    budget.earn();
    if (budget.spend()) spent += 1;
  }
  assert.ok(spent > 2000 && spent < 2700, String(spent));
});
