import { UserError } from "../lib/failure.ts";
import { accountOf } from "../host/account.ts";
import type { GroupConfig, MemberConfig } from "../config/config.ts";
import { systemClock } from "../agent/system-clock.ts";
import type { Timing } from "../core/timing.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { openPostgres } from "../services/postgres/postgres.ts";
import type { GroupSecrets } from "../services/postgres/secrets.ts";
import { openProcess } from "../services/process/process-service.ts";
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
      const addresses = Object.fromEntries(Object.values(members).map(({ member: name, address }) => [name, address]));
      const account = await accountOf(service.runAs, `"${service.command[0]}"`);
      const own = {
        member: member.member,
        address: member.address,
        members: addresses,
        memberDirectory,
        guardedUntilMs: parts.guardedUntilMs,
      };
      return openProcess({ group: group.group, config: service, ...own, account, clock: systemClock });
    }
  }
}
