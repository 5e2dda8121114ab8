import { agentStop } from "./faults/agent-stop.ts";
import { double, doubleJoin, doubleRule, doubleSwitchover } from "./faults/double.ts";
import { freeze } from "./faults/freeze.ts";
import type { HostFault } from "./faults/host-fault.ts";
import { lossy } from "./faults/lossy.ts";
import { narrow } from "./faults/narrow.ts";
import { asyncIsolate, isolate, isolatePeers, oneWay, oneWayIn } from "./faults/partitions.ts";
import { asyncPowerOff, powerOff, powerOffLeader } from "./faults/power-off.ts";
import { lastStandbyOff, standbyOff } from "./faults/standbys-off.ts";
import { storeAll, storeLeader, storeMajority } from "./faults/store-lost.ts";

/** Everything that the bench can do to hosts, one at a time. */
export const hostFaults = {
  "power-off": powerOff,
  "power-off-leader": powerOffLeader,
  freeze,
  isolate,
  "isolate-peers": isolatePeers,
  "one-way": oneWay,
  "one-way-in": oneWayIn,
  "agent-stop": agentStop,
  "standby-off": standbyOff,
  "last-standby-off": lastStandbyOff,
  "store-leader": storeLeader,
  "store-majority": storeMajority,
  "store-all": storeAll,
  lossy,
  narrow,
  "async-power-off": asyncPowerOff,
  "async-isolate": asyncIsolate,
  double,
  "double-switchover": doubleSwitchover,
  "double-join": doubleJoin,
  "double-rule": doubleRule,
} satisfies Record<string, HostFault>;

export type HostFaultName = keyof typeof hostFaults;
