import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { writeConfig } from "../support/pretend-api.ts";
import { run, start } from "../support/run-understudy.ts";

test("mistakes in how it is used end with 64 and one line that helps", async (t) => {
  const file = await writeConfig(t);
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [["statsu"], /^understudy: unknown command 'statsu' \(Did you mean status\?\)\n$/],
    [["status", "--jsn", "-c", file], /^understudy: unknown option '--jsn' \(Did you mean --json\?\)\n$/],
    [["reinit", "-c", file], /^understudy: missing required argument 'member'\n$/],
    [["switchover", "--timeout", "3", "-c", file], /Expected a duration such as 30s\.\n$/],
    [["events", "--limit", "-1", "-c", file], /Expected a whole number from 0 to 1000\.\n$/],
    [
      ["why", "--group", "mian", "-c", file],
      /^understudy: There is no group "mian"\. Did you mean "main"\? There are: main\n$/,
    ],
    [["switchover", "--to", "d", "-c", file], /^understudy: There is no member "d"\. There are: a, b, c\n$/],
    [["status", "--node", "x", "-c", file], /^understudy: There is no node "x"\. There are: a, b, c\n$/],
    [["agent", "-c", file], /^understudy: Which node\? Name it with --node: a, b, c\n$/],
    [["proxy", "-c", file], /^understudy: There are no routes in main\n$/],
  ];
  const results = await Promise.all(cases.map(([args]) => run(...args)));
  for (const [i, { code, stdout, stderr }] of results.entries()) {
    assert.match(stderr, cases[i]?.[1] ?? /never/);
    assert.deepEqual([code, stdout], [64, ""]);
  }
});

test("without an agent commands end with 69 and say how to start one", async (t) => {
  const file = await writeConfig(t);
  const [plain, json] = await Promise.all([run("status", "-c", file), run("pause", "-c", file, "--json")]);
  assert.equal(plain.code, 69);
  assert.equal(
    plain.stderr,
    `understudy: No agent of "quickstart" (a, b, c) runs on this machine. Start it with: understudy up -c ${file}\n`,
  );
  assert.equal(json.code, 69);
  assert.deepEqual((JSON.parse(json.stdout) as { error: { code: number } }).error.code, 69);
});

test("check tells right from wrong", async (t) => {
  const file = await writeConfig(t);
  const right = await run("check", "-c", file);
  assert.deepEqual(right, {
    code: 0,
    stdout: `${file} is right: cluster quickstart, 3 nodes (a, b, c), 1 group (main)\n`,
    stderr: "",
  });
  const wrong = `${file}.wrong`;
  await writeFile(wrong, "cluster: Quick\nstore: { sqlite: ./s }\nnodes: { a: { directory: ./a } }\ngroups: 7\n");
  const [text, json, other] = await Promise.all([
    run("check", wrong),
    run("check", wrong, "--json"),
    run("status", "-c", wrong),
  ]);
  const lines = [
    `${wrong}:1:10: cluster cannot be "Quick"; did you mean "quick"; expected a name of 1 to 24 lower-case letters, digits and hyphens`,
    `${wrong}:4:9: groups cannot be 7; expected at least one group by its name`,
  ];
  assert.deepEqual([text.code, text.stderr], [2, `${lines.join("\n")}\n`]);
  const { ok, problems } = JSON.parse(json.stdout) as { ok: boolean; problems: { line: number; path: string }[] };
  assert.deepEqual(
    [json.code, ok, problems.map(({ line, path }) => [line, path])],
    [
      2,
      false,
      [
        [1, "cluster"],
        [4, "groups"],
      ],
    ],
  );
  assert.deepEqual([other.code, other.stderr], [2, `${lines.join("\n")}\n`]);
});

test("the configuration is taken from UNDERSTUDY_CONFIG too", async (t) => {
  const file = await writeConfig(t);
  const { code, stdout } = await start(["check"], { UNDERSTUDY_CONFIG: file }).ended;
  assert.equal(code, 0);
  assert.ok(stdout.startsWith(file));
});

test("the help lists commands and exit codes", async () => {
  const [help, none] = await Promise.all([run("--help"), run()]);
  assert.equal(help.code, 0);
  for (const word of ["switchover", "reinit", "107", "124"]) assert.ok(help.stdout.includes(word), word);
  assert.deepEqual([none.code, none.stdout, none.stderr], [64, "", help.stdout]);
});
