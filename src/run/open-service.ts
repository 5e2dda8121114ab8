import { userInfo } from "node:os";
import { UserError } from "../lib/failure.ts";
import { accountOf } from "../host/account.ts";
import type { GroupConfig, MemberConfig } from "../config/config.ts";
import { systemClock } from "../agent/system-clock.ts";
import type { Timing } from "../core/timing.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { openPostgres } from "../services/postgres/postgres.ts";
import type { GroupSecrets } from "../services/postgres/secrets.ts";
import { openProcess } from "../services/process/process-service.ts";
import type { Place } from "../services/process/place.ts";
import type { Service } from "../services/service.ts";

/** What a member's driver is made of, whatever its kind. */
export interface ServiceParts {
  readonly group: GroupConfig;
  readonly member: MemberConfig;
  readonly memberDirectory: string;
  readonly secrets: GroupSecrets;
  readonly tls: Credentials | null;
  readonly timing: Timing;
  /** Until when the guard lets a primary run, as it is now. */
  readonly guardedUntilMs: () => number;
  /** The identity of the group's data; `null` while there is none. */
  readonly expectedDataId: () => string | null;
}

/** Opens the driver of a member's service. A kind of service is a folder of `services`, and a case here. */
export async function openService(parts: ServiceParts): Promise<Service> {
  const { group, member, memberDirectory, secrets, tls, timing, expectedDataId } = parts;
  const { service, members } = group;
  switch (service.kind) {
    case "postgres": {
      const own = { member, members, memberDirectory, secrets, tls };
      return openPostgres({ group: group.group, config: service, ...own, expectedDataId, clock: systemClock, timing });
    }
    case "external":
      throw new UserError(`Nobody of us runs the servers of the group "${group.group}"`);
    case "process": {
      const account = await accountOf(service.runAs, `"${service.command[0]}"`);
      return openProcess({ ...placeOf(parts), config: service, account });
    }
    case "systemd": {
      const { uid, gid, username: name } = userInfo();
      const { openSystemd } = await import("../services/systemd/open-systemd.ts");
      return openSystemd({ ...placeOf(parts), config: service, account: { uid, gid, name } });
    }
  }
}

function placeOf(parts: ServiceParts): Omit<Place, "config" | "account"> {
  const { group, member, memberDirectory, guardedUntilMs } = parts;
  const all = Object.values(group.members);
  return {
    group: group.group,
    member: member.member,
    address: member.address,
    members: Object.fromEntries(all.map(({ member: name, address }) => [name, address])),
    memberDirectory,
    guardedUntilMs,
    clock: systemClock,
  };
}
