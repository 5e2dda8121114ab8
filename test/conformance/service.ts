import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE } from "../../src/core/commit-rule.ts";
import type { ServiceAction } from "../../src/core/service-action.ts";
import type { ServiceLook, ServiceState } from "../../src/core/service-look.ts";
import { processesOf } from "../../src/host/belonging.ts";
import { endProcessesOf, sendSignal } from "../../src/host/processes.ts";
import { Failure } from "../../src/lib/failure.ts";
import type { Service } from "../../src/services/service.ts";

/** One member "a" of a group that has another one, "b", of which nothing runs. */
export interface ServiceWorld extends AsyncDisposable {
  /** A driver as a new life of the agent opens it; the one before has been closed. */
  open(): Promise<Service>;
  /** Makes what must be there before a first start. */
  prepare(service: Service): Promise<void>;
  /** Whether something of it runs while it stands by. */
  readonly runsAsStandby: boolean;
  /** Whether a process of it that is stopped by a signal is seen to hang. */
  readonly hangsWhenStopped: boolean;
}

const WITHIN_MS = 20_000;
const LOOK_MS = 5;

/** What the port `Service` promises, of any kind of service. */
export function serviceConformance(kind: string, make: () => Promise<ServiceWorld>): void {
  test(`${kind} is a service`, { timeout: 240_000 }, async (t) => {
    await using world = await make();
    let service = await world.open();
    const reopen = async (): Promise<void> => {
      await service.close();
      service = await world.open();
    };
    const act = (action: ServiceAction): Promise<void> => service.perform(action, () => undefined);
    /** As the rules do it: for good once it does not end when asked to. */
    const stop = (): Promise<void> =>
      act({ do: "stop", how: "clean", because: "" }).catch((error: unknown) => {
        assert.ok(error instanceof Failure);
        return act({ do: "stop", how: "kill", because: "" });
      });
    const promote = async (term: number): Promise<void> => {
      const { position, forks: before } = await see(service, (look) => look.position !== null);
      const forks = [...before, { term, offset: position?.offset ?? 0 }];
      await act({ do: "promote", term, forks, rule: ALONE });
    };

    await t.test("nothing runs, and a look says so", async () => {
      await world.prepare(service);
      await seeState(service, "stopped");
      assert.deepEqual(processesOf(service.guardTarget), []);
      assert.equal(await service.probe("a", 2000), "refused");
      await assert.rejects(service.probe("nobody", 100), /no member/);
    });

    await t.test("it starts as a standby that follows nobody, and has an end", async () => {
      await act({ do: "start" });
      const look = await see(service, ({ state, position }) => state === "standby" && position !== null);
      assert.equal(look.receiving, null);
      assert.notEqual(look.incarnation, null);
      assert.equal(processesOf(service.guardTarget).length > 0, world.runsAsStandby);
    });

    await t.test("it follows whom it is told to, and nobody once it is sealed", async () => {
      const { forks } = await service.look();
      await act({ do: "follow", from: "b", term: 7, forks });
      const { receiving } = await see(service, (look) => look.receiving !== null);
      assert.deepEqual([receiving?.from, receiving?.term], ["b", 7]);
      await act({ do: "seal" });
      await see(service, (look) => look.receiving === null && look.position !== null);
    });

    await t.test("it is promoted, and so for a new life of the agent, too", async () => {
      await promote(8);
      const isPrimary = (look: ServiceLook): boolean =>
        look.state === "primary" && look.term === 8 && look.firstOffset !== null && look.rule !== null;
      await see(service, isPrimary);
      assert.equal(await service.probe("a", 5000), "answered");
      await reopen();
      await see(service, isPrimary);
    });

    await t.test("its own end rings, and is seen", async () => {
      await stop();
      await act({ do: "start" });
      await see(service, ({ position }) => position !== null);
      await promote(9);
      const rung = once(service);
      for (const pid of processesOf(service.guardTarget)) sendSignal(pid, "SIGKILL");
      await see(service, ({ state }) => state !== "primary");
      await seeState(service, "stopped");
      await rung;
    });

    await t.test("what hangs is seen to hang, and is ended for good all the same", async () => {
      await act({ do: "start" });
      await promote(10);
      for (const pid of processesOf(service.guardTarget)) sendSignal(pid, "SIGSTOP");
      if (world.hangsWhenStopped) await seeState(service, "hung");
      await act({ do: "stop", how: "kill", because: "" });
      await seeState(service, "stopped");
      assert.deepEqual(processesOf(service.guardTarget), []);
    });

    await t.test("a stop for good takes the place of what is under way", async () => {
      const started = act({ do: "start" }).then(
        () => "done",
        () => "given up",
      );
      await act({ do: "stop", how: "kill", because: "" });
      assert.match(await started, /done|given up/);
      await seeState(service, "stopped");
      assert.deepEqual(processesOf(service.guardTarget), []);
    });

    await t.test("what the guard ends is all of it", async () => {
      await act({ do: "start" });
      await promote(11);
      assert.ok(processesOf(service.guardTarget).length > 0);
      await endProcessesOf(service.guardTarget, null, WITHIN_MS);
      await seeState(service, "stopped");
      // The kernel takes the last socket away a moment after the last sign of its process.
      for (const endAtMs = performance.now() + WITHIN_MS; (await service.probe("a", 2000)) !== "refused"; await pause())
        assert.ok(performance.now() < endAtMs, "something still answers");
    });

    await t.test("it begins again as a standby, whatever it was", async () => {
      await reopen();
      await act({ do: "start" });
      await seeState(service, "standby");
      await stop();
      await seeState(service, "stopped");
      assert.deepEqual(processesOf(service.guardTarget), []);
    });
    await service.close();
  });
}

function seeState(service: Service, state: ServiceState): Promise<ServiceLook> {
  return see(service, (look) => look.state === state);
}

/** Looks until `holds`, for a bounded time. */
async function see(service: Service, holds: (look: ServiceLook) => boolean): Promise<ServiceLook> {
  for (const endAtMs = performance.now() + WITHIN_MS; ;) {
    const look = await service.look();
    if (holds(look)) return look;
    if (performance.now() > endAtMs) throw new Error(`not within ${WITHIN_MS} ms; it is ${JSON.stringify(look)}`);
    await pause();
  }
}

/** Resolves once it rings; rejects when it does not. */
function once(service: Service): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("nothing has rung")), WITHIN_MS);
    service.onChange(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
