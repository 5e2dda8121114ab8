import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkText } from "./load.ts";

const web = readFileSync(new URL("../../examples/web.yaml", import.meta.url), "utf8");

function said(was: string, is: string): string {
  assert.ok(web.includes(was), was);
  return saidOf(web.replace(was, is));
}

function saidOf(text: string): string {
  return checkText("/etc/u.yaml", text)
    .problems.map(({ text }) => text)
    .join("; ");
}

const mistakes: readonly (readonly [string, string, RegExp])[] = [
  ["    members:", "    need: 1\n    members:", /need has no meaning here: a process keeps nothing/],
  ["    members:", "    maxLoss: 1MB\n    members:", /maxLoss has no meaning here/],
  ["    members:", "    lossless: preferred\n    members:", /lossless: preferred has no meaning here/],
  ["    members:", "    checks: [{ sql: {} }]\n    members:", /sql has no meaning here: a process answers no queries/],
  [
    "a: { address: 127.0.0.1:5451 }",
    "a: { address: 127.0.0.1:5451, delay: 1h, priority: 0 }",
    /delay has no meaning here/,
  ],
  [
    "readWrite: 127.0.0.1:5450",
    "readWrite: 127.0.0.1:5450, readOnly: 127.0.0.1:5449",
    /readOnly has no meaning here: a cold standby/,
  ],
  ["standby: cold", "promote: { signal: SIGUSR1 }", /promote has no meaning here: a cold standby does not run/],
  ["standby: cold", "standby: tepid", /one of cold, warm, hot/],
  ["standby: cold", "stop: { signal: SIGKILL }", /one of SIGTERM/],
  ["standby: cold", "environment: { UNDERSTUDY_TERM: x }", /not UNDERSTUDY_/],
  ['command: [node, web-server.mjs, "{host}", "{port}"]', "command: node web-server.mjs", /a list of words/],
];

const wrongUnits: readonly (readonly [string, RegExp])[] = [
  ["unit: shop", /the whole name of a service unit, such as app\.service/],
  ["unit: shop.timer", /the whole name of a service unit/],
  ["unit: shop@.service", /the whole name of a service unit/],
  ["unit: ../shop.service", /the whole name of a service unit/],
  ["scope: user", /missing groups\.web\.service\.systemd\.unit/],
  ["unit: shop.service, scope: mine", /system or user/],
  ["unit: shop.service, promote: { signal: SIGUSR1 }", /promote has no meaning here: a cold standby does not run/],
];

for (const [settings, message] of wrongUnits)
  test(`a unit's group is refused with "${settings}"`, () => {
    const text = web.replace(/process:\n(?: {8}.*\n)+/, `systemd: { ${settings} }\n`);
    assert.match(saidOf(text), message);
  });

for (const [was, is, message] of mistakes)
  test(`a process's group is refused with "${is.trim().split("\n")[0]}"`, () => assert.match(said(was, is), message));

test("a hot standby has readers, and is told", () => {
  const hot = "standby: hot\n        promote: { signal: SIGUSR1 }\n        demote: { command: [demote, now] }";
  assert.equal(said("standby: cold", hot), "");
});
