import { positionAt, type Fork } from "../../core/position.ts";
import { UNSEEN, type Follower, type Receiving, type ServiceLook } from "../../core/service-look.ts";
import { messageOf } from "../../lib/failure.ts";
import { parseConninfo } from "./conninfo.ts";
import type { Identity } from "./identity.ts";
import type { Instance, Place } from "./instance.ts";
import { learnForks } from "./late-forks.ts";
import type { ServerState } from "./server-state.ts";
import { NOBODY } from "./settings.ts";
import { isSevered } from "./severed.ts";
import { parseStandbyName } from "./standby-name.ts";
import { switchesOf } from "./switches.ts";

/** What every look at data with that identity has in common. */
export function lookAt(identity: Identity | null): ServiceLook {
  const { incarnation = null, dataId = null, forks = [] } = identity ?? {};
  return { ...UNSEEN, incarnation, dataId, forks };
}

/**
 * What a standby that answers shows. One that was asked to become primary, and has not yet, may still do so at any moment: where its
 * data ends is not known, and it counts as receiving until it was sealed again, which ends that.
 */
export async function standbyLook(instance: Instance, known: Identity, state: ServerState): Promise<ServiceLook> {
  const { place, replayEnd, clock } = instance;
  const isLocked = known.promoting === null && (await isSevered(instance, state));
  const offset = replayEnd.observe(state, isLocked, clock.nowMs());
  const identity = offset === null ? known : await learnForks(instance, known, offset);
  const stray = offset === null ? null : await strayBeginning(place, identity.forks, offset);
  return {
    ...lookAt(identity),
    state: "standby",
    problem: stray ?? alteration(state, identity, place),
    position: offset === null || stray !== null ? null : positionAt(offset, identity.forks),
    offset: Math.max(state.replayOffset ?? 0, state.receivedOffset ?? 0),
    receiving: isLocked ? null : receivingOf(state, identity, place),
    heardOffset: state.receiver?.heardOffset ?? null,
  };
}

/** What a primary that answers shows. */
export async function primaryLook(instance: Instance, identity: Identity, state: ServerState): Promise<ServiceLook> {
  const { reign } = instance;
  const promoted = reign.of(state.life);
  const proven = await reign.rule(state);
  return {
    ...lookAt(identity),
    state: "primary",
    problem: problemOfPrimary(instance, state),
    offset: state.flushOffset,
    term: promoted?.term ?? null,
    followers: followersOf(state),
    rule: proven?.rule ?? null,
    ruleOffset: proven?.offset ?? 0,
    firstOffset: promoted?.firstOffset ?? null,
    busyClients: state.busyClients,
  };
}

/**
 * Data behind a place where only this copy has changed its timeline was written by a primary that no term
 * has made: its position would claim what nobody has acknowledged.
 */
export async function strayBeginning(place: Place, forks: readonly Fork[], offset: number): Promise<string | null> {
  const first = forks[0];
  if (first === undefined) return null;
  const switches = await switchesOf(place.data).catch((error: unknown) => messageOf(error));
  if (typeof switches === "string") return `The history of "${place.data}" cannot be read: ${switches}`;
  const stray = switches.find((at) => at > first.offset && at < offset && !forks.some((fork) => fork.offset === at));
  if (stray === undefined) return null;
  return `"${place.member}" was primary from ${stray} on without a term (was it promoted by hand?). What it holds is not trusted; make it anew with "reinit".`;
}

function alteration(state: ServerState, identity: Identity, place: Place): string | null {
  if (state.isReplayPaused)
    return `The replay on "${place.member}" is paused. Go on with: SELECT pg_wal_replay_resume()`;
  const { primaryConninfo, syncNames } = state;
  if (primaryConninfo !== "" && parseConninfo(place, identity, primaryConninfo) === null)
    return `"primary_conninfo" of "${place.member}" was changed by hand. It will be set again.`;
  if (syncNames !== NOBODY && identity.promoting === null)
    return `"synchronous_standby_names" of "${place.member}" was changed by hand. It is set again with the next start.`;
  return null;
}

function problemOfPrimary({ place, reign, still, clock }: Instance, state: ServerState): string | null {
  const standstill = still.observe(place, state, clock.nowMs());
  if (reign.isAltered(state))
    return `"synchronous_standby_names" of "${place.member}" was changed by hand. It will be set again.`;
  if (reign.of(state.life)?.term === null)
    return `"${place.member}" is primary without a term (was it promoted by hand?)`;
  return standstill;
}

function receivingOf({ primaryConninfo, receiver }: ServerState, identity: Identity, place: Place): Receiving {
  const told = parseConninfo(place, identity, primaryConninfo);
  if (told === null) return { from: "?", term: 0, streaming: receiver?.isStreaming ?? false };
  const isHis =
    receiver?.port === place.members[told.from]?.port && isConnectedBy(receiver?.conninfo ?? "", primaryConninfo);
  return { ...told, streaming: receiver !== null && receiver.isStreaming && isHis };
}

/** A receiver shows how it was connected, in a form of its own; after a change of the timeline it shows the setting itself. */
function isConnectedBy(shown: string, setting: string): boolean {
  const name = /application_name='([^']*)'/.exec(setting)?.[1] ?? "";
  return shown === setting || shown.split(" ").includes(`application_name=${name}`);
}

/** Of two connections that declare the same copy neither counts: one of them is not what it says. */
function followersOf({ senders }: ServerState): readonly Follower[] {
  const declared = senders.flatMap((sender) => {
    const copy = parseStandbyName(sender.name);
    return copy === null ? [] : [{ ...copy, sender }];
  });
  const isAlone = (member: string): boolean => declared.filter((d) => d.member === member).length === 1;
  return declared
    .filter(({ member }) => isAlone(member))
    .map(({ sender, ...copy }) => ({
      ...copy,
      offset: sender.flushOffset ?? 0,
      streaming: sender.state === "streaming",
    }));
}
