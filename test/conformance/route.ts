import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import type { Address } from "../../src/config/config.ts";
import { unknownView, type Route, type RouteView } from "../../src/routes/route.ts";
import { Client, startToy, until } from "../proxy/world.ts";

/** What the suite needs of an implementation. */
export interface RouteWorld {
  readonly route: Route;
  /** Where clients that write come in. */
  readonly at: Address;
}

export interface RouteKind {
  readonly skip?: string | false;
  /** Whether a client that connects while nobody may have clients waits; else it is refused. */
  readonly holds: boolean;
  /** As late as that a client that has waited is served. */
  readonly servedWithinMs: number;
  /** Opens a route to these members; the test's end closes it. */
  open(t: TestContext, members: Readonly<Record<string, Address>>): Promise<RouteWorld>;
}

const steady: RouteView = { ...unknownView("db"), isFresh: true, term: 1, primary: "a", open: true };
const vacant: RouteView = { ...steady, primary: null, open: false };
/** For so long it is seen that nothing comes. */
const SILENCE_MS = 200;
/** By then whatever acts through another program has done so, on a machine that is very busy. */
const SETTLED_MS = 1000;
/** A client that sends it is spoken to from then on. */
const SPEAK = "!";
/** What is promised to be at once, on a busy machine. */
const AT_ONCE_MS = 1000;

interface Scene extends RouteWorld {
  readonly client: () => Client;
  /** Connects again until a member serves, as clients do that are refused; the first word is the member's name. */
  readonly served: (by: string) => Promise<Client>;
  /** Nobody serves a client that connects now. */
  readonly nobodyServes: () => Promise<void>;
}

/** The promises of `Route`, tried against one implementation. */
export function routeConformance(name: string, kind: RouteKind): void {
  const inScene = (what: string, body: (scene: Scene) => Promise<void>): void => {
    void test(`${name} route ${what}`, { timeout: 30_000, skip: kind.skip ?? false }, async (t) => {
      await body(await makeScene(t, kind));
    });
  };

  inScene("leads clients to the open primary, and nobody before it has heard of one", async (scene) => {
    await scene.nobodyServes();
    scene.route.follow(steady);
    const client = await scene.served("a");
    await client.ask("hello", /^ahello$/);
  });

  inScene("lets nobody in while there is no primary, or it is not open", async (scene) => {
    scene.route.follow({ ...steady, open: false });
    await scene.nobodyServes();
    scene.route.follow(vacant);
    await scene.nobodyServes();
  });

  inScene("serves whoever came while nobody was there, or refuses at once", async (scene) => {
    scene.route.follow(vacant);
    await scene.nobodyServes();
    const early = scene.client();
    await pause(SILENCE_MS);
    assert.equal(early.hasEnded, !kind.holds);
    scene.route.follow({ ...steady, term: 2, primary: "b" });
    if (kind.holds) await until(() => early.text === "b", undefined, kind.servedWithinMs);
    else await scene.served("b");
  });

  inScene("ends the connections to a former primary at once, also silent ones", async (scene) => {
    scene.route.follow(steady);
    const [silent, busy] = [await scene.served("a"), await scene.served("a")];
    const talk = setInterval(() => busy.socket.writable && busy.socket.write("x"), 5);
    scene.route.follow({ ...steady, term: 2, primary: "b" });
    await until(() => silent.hasEnded && busy.hasEnded, undefined, AT_ONCE_MS).finally(() => clearInterval(talk));
    for (let i = 0; i < 20; i++) await scene.served("b");
  });

  inScene("ends them also when it is the former primary that goes on to speak", async (scene) => {
    scene.route.follow(steady);
    const listening = await Promise.all(Array.from({ length: 10 }, () => scene.served("a")));
    for (const client of listening) client.socket.write(SPEAK);
    await until(() => listening.every(({ text }) => text.length > 100));
    scene.route.follow({ ...steady, term: 2, primary: "b" });
    await until(() => listening.every(({ hasEnded }) => hasEnded), undefined, AT_ONCE_MS);
  });

  inScene("ends them when nobody has taken over yet", async (scene) => {
    scene.route.follow(steady);
    const client = await scene.served("a");
    scene.route.follow(vacant);
    await until(() => client.hasEnded, undefined, AT_ONCE_MS);
    await scene.nobodyServes();
  });

  inScene("ends them in a later term of the same primary, too", async (scene) => {
    scene.route.follow(steady);
    const client = await scene.served("a");
    scene.route.follow({ ...steady, term: 2 });
    await until(() => client.hasEnded, undefined, AT_ONCE_MS);
    await (await scene.served("a")).ask("again", /^aagain$/);
  });

  inScene("keeps who is connected and lets nobody in by old knowledge", async (scene) => {
    scene.route.follow(steady);
    const client = await scene.served("a");
    scene.route.follow({ ...steady, isFresh: false });
    await scene.nobodyServes();
    await client.ask("still", /^astill$/);
    scene.route.follow(steady);
    await scene.served("a");
    assert.equal(client.hasEnded, false);
  });

  inScene("keeps who is connected and lets nobody in during a switchover, until it is handed over", async (scene) => {
    scene.route.follow(steady);
    const client = await scene.served("a");
    // With work under way, where the route can tell.
    scene.route.follow({ ...steady, switchover: "draining" });
    await scene.nobodyServes();
    await client.ask("work", /^awork$/);
    scene.route.follow({ ...vacant, switchover: "handed-over" });
    await until(() => client.hasEnded, undefined, AT_ONCE_MS);
    scene.route.follow({ ...steady, term: 2, primary: "b" });
    await scene.served("b");
  });

  inScene("follows many changes, and in the end the last one", async (scene) => {
    for (let term = 1; term <= 40; term++)
      scene.route.follow({ ...steady, term, primary: term % 2 === 0 ? "a" : "b", open: term % 5 !== 0 });
    scene.route.follow({ ...steady, term: 41, primary: "b" });
    await pause(SILENCE_MS);
    for (let i = 0; i < 10; i++) await scene.served("b");
  });

  inScene("brings nobody to a former primary who comes after a change, however many come", async (scene) => {
    const changes: { readonly atMs: number; readonly primary: string }[] = [];
    const load = { isOver: false };
    let served = 0;
    const wrong: string[] = [];
    const visit = async (): Promise<void> => {
      while (!load.isOver) {
        const beganAtMs = performance.now();
        const client = scene.client();
        await until(() => client.text !== "" || client.hasEnded || load.isOver, undefined, 20_000);
        client.socket.destroy();
        const known = changes.filter(({ atMs }) => atMs < beganAtMs - SETTLED_MS).at(-1);
        const later = changes.filter(({ atMs }) => atMs >= beganAtMs - SETTLED_MS).map(({ primary }) => primary);
        if (client.text === "") continue;
        served += 1;
        if (![known?.primary, ...later].includes(client.text)) wrong.push(client.text);
        await pause(2);
      }
    };
    const visitors = Array.from({ length: 10 }, visit);
    for (let term = 1; term <= 5; term++) {
      const primary = term % 2 === 0 ? "a" : "b";
      changes.push({ atMs: performance.now(), primary });
      scene.route.follow({ ...steady, term, primary });
      await pause(1500);
    }
    load.isOver = true;
    await Promise.all(visitors);
    assert.deepEqual(wrong, []);
    assert.ok(served > 20, `only ${served} were served`);
  });

  inScene("lets nobody in while it closes, gives clients their time, and ends them", async (scene) => {
    scene.route.follow(steady);
    const client = await scene.served("a");
    const beganAtMs = performance.now();
    const closed = scene.route.close(1500);
    await scene.nobodyServes();
    await client.ask("last", /^alast$/);
    await closed;
    assert.ok(performance.now() - beganAtMs > 1400);
    await until(() => client.hasEnded, undefined, AT_ONCE_MS);
  });
}

async function makeScene(t: TestContext, kind: RouteKind): Promise<Scene> {
  const saysItsName = (name: string) => startToy(t, (socket) => echo(name, socket));
  const [a, b] = [await saysItsName("a"), await saysItsName("b")];
  const world = await kind.open(t, { a: a.address, b: b.address });
  const client = (): Client => {
    const made = new Client(world.at);
    t.after(() => made.socket.destroy());
    return made;
  };
  return {
    ...world,
    client,
    async served(by) {
      const endAtMs = performance.now() + 5000;
      for (;;) {
        const tried = client();
        await until(() => tried.text !== "" || tried.hasEnded, undefined, 5000);
        if (tried.text === by) return tried;
        assert.equal(tried.text, "", `it was brought to a member that may not have it`);
        assert.ok(performance.now() < endAtMs, "nobody served");
        await pause(5);
      }
    },
    async nobodyServes() {
      // What acts through another program has done so by then.
      await pause(SILENCE_MS);
      const tried = client();
      await pause(SILENCE_MS);
      assert.equal(tried.text, "");
      tried.socket.destroy();
    },
  };
}

function echo(name: string, socket: Socket): void {
  socket.write(name);
  socket.pipe(socket);
  socket.on("data", (data: Buffer) => data.includes(SPEAK) && goOnSpeaking(socket));
}

/** Says something every moment, to a client that only listens. */
function goOnSpeaking(socket: Socket): void {
  if (!socket.writable) return;
  socket.write(".");
  setImmediate(() => setTimeout(() => goOnSpeaking(socket)));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
