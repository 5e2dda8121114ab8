import assert from "node:assert/strict";
import { test } from "node:test";
import { Bug, Failure } from "../../src/lib/failure.ts";
import type { Store } from "../../src/store/store.ts";

/** One set of data, and as many stores on it as a test wants. */
export interface StoreWorld {
  open(): Promise<Store>;
  /** Ends what is left, stores included. */
  end(): Promise<void>;
}

/** What every store promises. Runs against each implementation, with real files or servers where it has them. */
export function storeConformance(name: string, makeWorld: () => Promise<StoreWorld>): void {
  const it = (says: string, run: (world: StoreWorld, store: Store) => Promise<void>): void => {
    test(`${name}: ${says}`, { timeout: 20_000 }, async () => {
      const world = await makeWorld();
      try {
        await run(world, await world.open());
      } finally {
        await world.end();
      }
    });
  };

  it("has one identity for all who open it, and another than every other", async (world, store) => {
    const again = await world.open();
    assert.equal(await again.identity(), await store.identity());
    const other = await makeWorld();
    const stranger = await other.open();
    assert.notEqual(await stranger.identity(), await store.identity());
    await other.end();
  });

  it("reads an absent key as null with revision 0", async (_, store) => {
    assert.deepEqual(await store.read(["group/a"]), [{ key: "group/a", value: null, revision: 0 }]);
    assert.deepEqual(await store.list(""), []);
  });

  it("reads in the order asked for", async (_, store) => {
    await set(store, "a", "1");
    await set(store, "b", "2");
    const values = (await store.read(["b", "x", "a", "b"])).map(({ key, value }) => [key, value]);
    assert.deepEqual(values, [
      ["b", "2"],
      ["x", null],
      ["a", "1"],
      ["b", "2"],
    ]);
    assert.deepEqual(await store.read([]), []);
  });

  it("shows a change to everybody at once", async (world, store) => {
    const other = await world.open();
    for (let i = 0; i < 20; i++) {
      await set(store, "a", `${i}`);
      assert.equal((await other.read(["a"]))[0]?.value, `${i}`);
    }
  });

  it("applies a transaction whose expectations hold, and says how the keys are now", async (_, store) => {
    const before = await set(store, "a", "1");
    const result = await store.transact({
      expect: [
        { key: "a", revision: before },
        { key: "b", revision: 0 },
      ],
      write: [
        { key: "b", value: "2" },
        { key: "a", value: null },
      ],
    });
    assert.equal(result.applied, true);
    assert.deepEqual(
      result.entries.map(({ key, value }) => [key, value]),
      [
        ["a", null],
        ["b", "2"],
      ],
    );
    assert.deepEqual(await store.read(["a", "b"]), result.entries);
  });

  it("applies nothing when one expectation does not hold, and says how the keys are", async (_, store) => {
    const a = await set(store, "a", "1");
    await set(store, "b", "2");
    const result = await store.transact({
      expect: [
        { key: "a", revision: a },
        { key: "b", revision: 0 },
      ],
      write: [
        { key: "a", value: "9" },
        { key: "c", value: "9" },
      ],
    });
    assert.equal(result.applied, false);
    assert.deepEqual(
      result.entries.map(({ key, value }) => [key, value]),
      [
        ["a", "1"],
        ["b", "2"],
        ["c", null],
      ],
    );
    assert.deepEqual(await store.read(["a", "b", "c"]), result.entries);
  });

  it("answers a transaction that writes nothing with whether its expectations hold", async (_, store) => {
    const a = await set(store, "a", "1");
    const ask = async (revision: number) =>
      (await store.transact({ expect: [{ key: "a", revision }], write: [] })).applied;
    assert.deepEqual([await ask(a), await ask(0), await ask(a + 1)], [true, false, false]);
  });

  it("gives every change of a key a greater revision, also when the key comes back", async (_, store) => {
    const seen = [await set(store, "a", "1"), await set(store, "a", "1"), await set(store, "b", "x")];
    await store.transact({ expect: [], write: [{ key: "a", value: null }] });
    assert.deepEqual(await store.read(["a"]), [{ key: "a", value: null, revision: 0 }]);
    seen.push(await set(store, "a", "1"));
    assert.deepEqual(
      seen,
      [...new Set(seen)].toSorted((x, y) => x - y),
    );
  });

  it("deletes an absent key as if nothing had been asked", async (_, store) => {
    const a = await set(store, "a", "1");
    const result = await store.transact({ expect: [], write: [{ key: "b", value: null }] });
    assert.deepEqual(result, { applied: true, entries: [{ key: "b", value: null, revision: 0 }] });
    assert.equal((await store.read(["a"]))[0]?.revision, a);
  });

  it("keeps values as they are", async (_, store) => {
    const values = ["", " ", "null", '{"a":"é\\n😀"}', "a\u0000b", "x".repeat(300_000), "'; DROP TABLE entry; --"];
    for (const [i, value] of values.entries()) await set(store, `v/${i}`, value);
    assert.deepEqual(
      (await store.list("v/")).map(({ value }) => value),
      values,
    );
  });

  it("lists exactly what begins with the prefix, sorted", async (_, store) => {
    for (const key of ["e/b", "e/a", "e", "e/", "e0", "d/z", "e/a/1", "e/ä", "e/%", "e_x", "E/a"])
      await set(store, key, key);
    const names = async (prefix: string) => (await store.list(prefix)).map(({ key }) => key);
    assert.deepEqual(await names("e/"), ["e/", "e/%", "e/a", "e/a/1", "e/b", "e/ä"]);
    assert.deepEqual(await names("e/a"), ["e/a", "e/a/1"]);
    assert.equal((await names("")).length, 11);
    assert.deepEqual(await names("zzz"), []);
  });

  it("reads several keys as they are at one moment", async (world, store) => {
    const other = await world.open();
    const write = async (i: number) =>
      store.transact({
        expect: [],
        write: [
          { key: "p/a", value: `${i}` },
          { key: "p/b", value: `${i}` },
        ],
      });
    await write(0);
    const progress = { writing: true };
    const writer = (async () => {
      for (let i = 1; i <= 150; i++) await write(i);
      progress.writing = false;
    })();
    while (progress.writing) {
      for (const [a, b] of [await other.read(["p/a", "p/b"]), await other.list("p/")]) assert.equal(a?.value, b?.value);
    }
    await writer;
  });

  it("lets exactly one of several compare-and-sets win", async (world, store) => {
    const stores = [store, await world.open(), await world.open()];
    await set(store, "counter", "0");
    let won = 0;
    const count = async (one: Store) => {
      for (let i = 0; i < 30; i++) {
        const [now] = await one.read(["counter"]);
        assert.ok(now);
        const value = `${Number(now.value) + 1}`;
        const expect = [{ key: "counter", revision: now.revision }];
        if ((await one.transact({ expect, write: [{ key: "counter", value }] })).applied) won++;
      }
    };
    await Promise.all(stores.map(count));
    assert.equal((await store.read(["counter"]))[0]?.value, `${won}`);
    assert.ok(won >= 30);
  });

  it("lets exactly one of several create a key", async (world, store) => {
    const stores = [store, await world.open(), await world.open()];
    for (let round = 0; round < 20; round++) {
      const key = `new/${round}`;
      const create = { expect: [{ key, revision: 0 }], write: [{ key, value: "mine" }] };
      const results = await Promise.all(stores.map((one) => one.transact(create)));
      assert.equal(results.filter(({ applied }) => applied).length, 1);
      assert.equal(new Set(results.map(({ entries }) => entries[0]?.revision)).size, 1);
    }
  });

  it("rejects a transaction that names a key twice as a bug", async (_, store) => {
    const twice = [
      { key: "a", value: "1" },
      { key: "a", value: "2" },
    ];
    await assert.rejects(store.transact({ expect: [], write: twice }), Bug);
    assert.deepEqual(await store.list(""), []);
  });

  it("rings for changes and deletions under the prefix, whoever makes them", async (world, store) => {
    const other = await world.open();
    const bell = new Bell(store, "g/");
    await store.read([]);
    for (const writer of [store, other]) {
      await bell.rings(() => set(writer, "g/a", "1"));
      await bell.rings(() => writer.transact({ expect: [], write: [{ key: "g/a", value: null }] }));
    }
    bell.stop();
  });

  it("rings for nobody else, and no more after the stop", async (world, store) => {
    const other = await world.open();
    const near = new Bell(store, "g/");
    const far = new Bell(store, "h/");
    await near.rings(() => set(other, "g/a", "1"));
    const before = far.count;
    for (let i = 0; i < 5; i++) await near.rings(() => set(other, "g/a", `${i}`));
    assert.equal(far.count, before);
    near.stop();
    near.stop();
    const stopped = near.count;
    await far.rings(() => set(other, "h/a", "1"));
    await set(other, "g/a", "2");
    await far.rings(() => set(other, "h/a", "2"));
    assert.equal(near.count, stopped);
    far.stop();
  });

  it("fails every call after it was closed, twice or not, and leaves the others alone", async (world, store) => {
    const other = await world.open();
    const bell = new Bell(store, "a");
    await store.close();
    await store.close();
    await assert.rejects(store.read(["a"]), Failure);
    await assert.rejects(store.list("a"), Failure);
    await assert.rejects(store.transact({ expect: [], write: [{ key: "a", value: "1" }] }), Failure);
    store.watch("a", () => assert.fail("a closed store rang"))();
    await set(other, "a", "1");
    bell.stop();
    assert.equal(bell.count, 0);
  });
}

/** Sets a key whatever it was; returns its revision. */
async function set(store: Store, key: string, value: string): Promise<number> {
  const { applied, entries } = await store.transact({ expect: [], write: [{ key, value }] });
  assert.equal(applied, true);
  return entries[0]?.revision ?? 0;
}

class Bell {
  count = 0;
  readonly stop: () => void;
  #heard = (): void => undefined;

  constructor(store: Store, prefix: string) {
    this.stop = store.watch(prefix, () => {
      this.count++;
      this.#heard();
    });
  }

  /** Resolves when it rings after `change`; rejects when it has not for so long that it never will. */
  async rings(change: () => Promise<unknown>): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no ring within five seconds")), 5000);
      this.#heard = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    await Promise.all([heard, change()]);
    // Its echoes (another thread, the bell of the file) belong to this change.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
