import { Failure } from "../../src/lib/failure.ts";
import { callEtcd } from "./etcd-call.ts";
import type { Endpoints } from "./observer-messages.ts";

interface Status {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
}

/** Which of etcd's members leads, as they say themselves; `null`: none of those that answer. */
export async function leaderOf(endpoints: Endpoints): Promise<string | null> {
  const found = await statusOf(endpoints);
  return found.find(({ id, leader }) => id === leader)?.member ?? null;
}

/** Hands the lead to `member`, which must have it then. Rejects with a {@link Failure} otherwise. */
export async function makeLeader(endpoints: Endpoints, member: string): Promise<void> {
  const found = await statusOf(endpoints);
  const leader = found.find(({ id, leader: of }) => id === of);
  const target = found.find((one) => one.member === member);
  if (leader === undefined || target === undefined)
    throw new Failure(`Cannot make "${member}" etcd's leader: it is not well.`);
  if (leader.member === member) return;
  await callEtcd(endpoints[leader.member] ?? "", "maintenance/transfer-leadership", { targetID: target.id });
  if ((await leaderOf(endpoints)) !== member) throw new Failure(`etcd did not make "${member}" its leader.`);
}

async function statusOf(endpoints: Endpoints): Promise<readonly { member: string; id: string; leader: string }[]> {
  const asked = Object.entries(endpoints).map(async ([member, endpoint]) => {
    const status = (await callEtcd(endpoint, "maintenance/status", {}).catch(() => null)) as Status | null;
    return status === null ? [] : [{ member, id: status.header.member_id, leader: status.leader ?? "" }];
  });
  return (await Promise.all(asked)).flat();
}
