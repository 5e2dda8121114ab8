import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { mutated } from "../../src/model/mutation.ts";
import { huntAll } from "../../src/sim/mutants/hunt.ts";
import { MUTANTS } from "../../src/sim/mutants/mutants.ts";
import { QUICK } from "../../src/sim/mutants/quick.ts";

const SOURCES = new URL("../../src/", import.meta.url);

void suite("mutants", () => {
  void test("each has a name of its own", () => {
    const names = MUTANTS.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });

  void test("the text of each occurs exactly once in its file, and is changed", () => {
    for (const mutant of MUTANTS) {
      const source = readFileSync(new URL(mutant.file, SOURCES), "utf8");
      assert.notEqual(mutated(source, mutant), source, mutant.name);
    }
  });

  void test("the simulator finds a handful out within some seeds", async () => {
    const quick = MUTANTS.filter(({ name }) => QUICK.includes(name));
    assert.equal(quick.length, QUICK.length);
    const finds = await huntAll(quick, { first: 0, count: 100 }, 2, () => undefined);
    assert.deepEqual(
      finds.filter(({ needed }) => needed === null).map(({ mutant }) => mutant.name),
      [],
      "these survive",
    );
  });
});
