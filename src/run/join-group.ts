import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Agent, Part } from "../agent/agent.ts";
import { EventLog } from "../agent/event-log.ts";
import { GroupAgent } from "../agent/group-agent.ts";
import { Journal } from "../agent/journal.ts";
import { loadSecrets } from "../agent/secrets.ts";
import { Seen } from "../agent/seen.ts";
import type { SessionKeeper } from "../agent/session-keeper.ts";
import { settingsOf } from "../agent/settings.ts";
import { systemClock } from "../agent/system-clock.ts";
import { watchHealth } from "../checks/watch-health.ts";
import { PrimaryWatch } from "../checks/watch-primary.ts";
import type { Config, GroupConfig, NodeConfig } from "../config/config.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { Guard } from "../guards/guard.ts";
import type { Heartbeats } from "../heartbeats/heartbeats.ts";
import { sleep } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { EndingBell } from "./ending.ts";
import { expectedOf } from "./expected-of.ts";
import { openService } from "./open-service.ts";

/** Between attempts to get a group's secrets from the store. */
const AGAIN_MS = 200;

/** What a group's loop on this node is put together from. */
export interface JoinParts {
  readonly config: Config;
  readonly own: NodeConfig;
  readonly group: GroupConfig;
  readonly store: Store;
  readonly identity: string;
  readonly guard: Guard;
  readonly session: SessionKeeper;
  readonly heartbeats: Heartbeats | null;
  readonly tls: Credentials | null;
  readonly options: AgentOptions;
  readonly log: (text: string) => void;
  readonly ending: EndingBell;
}

/** Puts one group's loop together and hands it to the agent, as soon as the store has the group's secrets. */
export async function joinGroup(agent: Agent, parts: JoinParts): Promise<void> {
  const { config, own, group, store, identity, guard, session, heartbeats, log, ending } = parts;
  const member = group.members[own.node];
  if (member === undefined) return;
  const memberDirectory = join(own.directory, group.group);
  await mkdir(memberDirectory, { recursive: true, mode: 0o711 });
  const founds = Object.keys(group.members)[0] === own.node;
  const secrets = await secretsOf(parts, founds);
  if (secrets === null) return;
  const settings = settingsOf(config, group, group.service.kind === "postgres");
  let loop: GroupAgent | null = null;
  const service = await openService({
    group,
    member,
    memberDirectory,
    secrets,
    tls: parts.tls,
    timing: settings.timing,
    guardedUntilMs() {
      const state = guard.state(group.group);
      return state.state === "armed" ? state.untilMs : -Infinity;
    },
    expectedDataId: () => loop?.observed.record?.dataId ?? null,
  });
  const asked = {
    group: group.group,
    checks: group.checks,
    config: group.service.kind === "postgres" ? group.service : null,
    runAs: "runAs" in group.service ? group.service.runAs : null,
    secrets,
    clock: systemClock,
  };
  const health = watchHealth({
    ...asked,
    member,
    expected: () => expectedOf(group.service, loop?.observed.service?.state ?? "starting"),
    told: (status, problem) => log(`group "${group.group}": the checks say ${status}${problem ? `: ${problem}` : ""}`),
  });
  const { members, judges } = group;
  const told = (text: string): void => log(`group "${group.group}": ${text}`);
  const observer = judges === "own" ? null : new PrimaryWatch({ ...asked, me: own.node, members, told });
  const journal = await Journal.open(join(memberDirectory, "journal.jsonl"));
  const seen = await Seen.open(join(memberDirectory, "seen.jsonl"), parts.options.acceptStore);
  const events = new EventLog(store, systemClock, group.group, own.node, log);
  loop = new GroupAgent({
    me: own.node,
    settings,
    store,
    storeId: identity,
    service,
    guard,
    session,
    heartbeats,
    seen,
    journal,
    events,
    clock: systemClock,
    health: health.state,
    checkNote: health.note,
    observer,
    changed: () => agent.changed(),
    broken: (error) => ending.now("broken", error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const part: Part = {
    config: group,
    settings,
    agent: loop,
    events,
    figures: health.metrics,
    async close() {
      health.close();
      observer?.close();
      await service.close();
      await journal.close();
      await seen.close();
    },
  };
  agent.add(part);
  log(`member of group "${group.group}"`);
}

/** The group's secrets; waits for the founder to make them, and for a store that does not answer. `null`: the agent ends first. */
async function secretsOf(parts: JoinParts, founds: boolean): ReturnType<typeof loadSecrets> {
  const { store, group, log, ending } = parts;
  let told = "";
  while (!ending.rung) {
    try {
      const secrets = await loadSecrets(store, group.group, founds);
      if (secrets !== null) return secrets;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (told !== error.message) log(error.message);
      told = error.message;
    }
    await sleep(systemClock, AGAIN_MS);
  }
  return null;
}
