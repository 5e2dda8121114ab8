import { setTimeout as sleep } from "node:timers/promises";
import type { Place } from "../place.ts";
import type { Subject } from "../subjects/subject.ts";
import type { WebServers } from "./web-servers.ts";

/** What a fault may do things to. */
export interface FaultScene {
  readonly place: Place;
  readonly subject: Subject;
  readonly servers: WebServers;
}

/** Something that happens to the active server, and what is promised for it. */
export interface WebFault {
  /** `null`: none; it shows how still the machine is. */
  readonly maxGapMs: number | null;
  /** `null`: requests that must not be repeated may fail. */
  readonly maxFailedPosts: number | null;
  /** It needs hosts of their own, thus root. */
  readonly needsHosts: boolean;
  act(scene: FaultScene): Promise<void>;
}

/** For how long nobody is there. */
const GONE_MS = 3000;

const onLoopback = { needsHosts: false, maxFailedPosts: null } as const;

/** Every fault, in the order of the table. */
export const webFaults = {
  nothing: { ...onLoopback, maxFailedPosts: 0, maxGapMs: null, act: async () => undefined },
  kill: { ...onLoopback, maxGapMs: 25, act: async ({ servers }) => servers.signal("a", "SIGKILL") },
  freeze: { ...onLoopback, maxGapMs: 300, act: async ({ servers }) => servers.signal("a", "SIGSTOP") },
  "power-off": {
    maxGapMs: 120,
    maxFailedPosts: null,
    needsHosts: true,
    act: async ({ place }) => place.powerOff("a"),
  },
  errors: { ...onLoopback, maxGapMs: 25, act: async ({ servers }) => servers.breakDown("a") },
  drain: { ...onLoopback, maxFailedPosts: 0, maxGapMs: 10, act: ({ subject }) => subject.order("drain") },
  switchover: { ...onLoopback, maxFailedPosts: 0, maxGapMs: 10, act: ({ subject }) => subject.order("switchover") },
  change: { ...onLoopback, maxFailedPosts: 0, maxGapMs: 10, act: ({ subject }) => subject.order("change") },
  upgrade: { ...onLoopback, maxFailedPosts: 0, maxGapMs: 10, act: ({ subject }) => subject.order("upgrade") },
  "all-gone": {
    ...onLoopback,
    maxGapMs: GONE_MS + 600,
    async act({ servers }) {
      servers.signal("a", "SIGKILL");
      servers.signal("b", "SIGKILL");
      await sleep(GONE_MS);
      servers.start("a");
      servers.start("b");
      await servers.untilThere();
    },
  },
} as const satisfies Record<string, WebFault>;

export type WebFaultName = keyof typeof webFaults;
