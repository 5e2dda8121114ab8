import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { watchHealth } from "../../src/checks/watch-health.ts";
import type { CheckConfig, FileCheckConfig, HttpCheckConfig } from "../../src/config/check-config.ts";
import { statusRanges } from "../../src/config/resolve-checks.ts";
import { directoryOf, listen, memberAt, TIMES, until } from "./world.ts";

const http: HttpCheckConfig = {
  kind: "http",
  method: "GET",
  path: "/",
  host: null,
  status: statusRanges("200"),
  header: null,
  body: null,
  tls: null,
  ...TIMES,
};

test("a member is slow, down and up again, and its checks say why", { timeout: 20_000 }, async (t) => {
  const directory = directoryOf(t);
  let delayMs = 0;
  const server = createServer((_, response) => setTimeout(() => response.end("fine"), delayMs));
  const address = await listen(t, server);
  const file = (name: string, isWanted: boolean): FileCheckConfig => ({
    kind: "file",
    path: join(directory, name),
    isWanted,
    maxAgeMs: null,
    contains: null,
    ...TIMES,
  });
  const checks: readonly CheckConfig[] = [
    { ...http, slowMs: 100 },
    file("maintenance", false),
    { kind: "composed", least: 1, of: [file("one", true), file("other", true)] },
  ];
  writeFileSync(join(directory, "one"), "");
  const told: string[] = [];
  const health = watchHealth({ ...memberAt(address), checks, told: (status) => told.push(status) });
  t.after(() => health.close());
  await until(() => health.state() === "up");
  assert.equal(health.status(), "up");
  // A part that fails is told, although the whole is good.
  assert.match(health.problem() ?? "", /^file: there is no ".*other"$/);

  delayMs = 150;
  await until(() => health.status() === "slow");
  assert.equal(health.state(), "up");
  assert.match(health.problem() ?? "", /^http: slow: answered 200 after 1\d\d ms/);
  delayMs = 0;
  await until(() => health.status() === "up");

  writeFileSync(join(directory, "maintenance"), "");
  await until(() => health.state() === "down");
  assert.match(health.problem() ?? "", /maintenance" is there/);
  rmSync(join(directory, "maintenance"));
  await until(() => health.state() === "up");

  rmSync(join(directory, "one"));
  await until(() => health.state() === "down");
  writeFileSync(join(directory, "other"), "");
  await until(() => health.state() === "up");
  server.close();
  server.closeAllConnections();
  await until(() => health.state() === "down");
  assert.match(health.problem() ?? "", /^http: .*ECONNREFUSED/);
  assert.deepEqual(told, ["up", "slow", "up", "down", "up", "down", "up", "down"]);
});

test("without checks a member is up", () => {
  const health = watchHealth({ ...memberAt({ host: "x", port: 1 }), checks: [] });
  assert.deepEqual([health.state(), health.status(), health.problem(), health.metrics()], ["up", "up", null, []]);
  health.close();
});
