import { verdict, work, write, type Decision } from "./decision.ts";
import { founded } from "./record.ts";
import { retryInMs } from "./retry.ts";
import type { View } from "./view.ts";

/** There is no record yet: the first member of the configuration makes or adopts the data and founds the group. */
export function asFounder(view: View): Decision {
  const { service, me, settings } = view;
  const founder = settings.members[0]?.member;
  if (founder !== me) return verdict("no-record", `the group does not exist yet; "${founder}" will found it`);
  // No record seen is not: there is no record. Whoever has not read must not make what may be there.
  if (!view.fresh) return verdict("waiting", "the store has not answered yet");
  const waitMs = retryInMs(view.failure, view.nowMs);
  if (waitMs > 0)
    return verdict(
      "stuck",
      `${view.failure?.do} failed: ${view.failure?.because} Next try in ${Math.ceil(waitMs / 1000)} s.`,
    );
  if (service.state === "empty" || service.state === "partial")
    return verdict("create", "the group has no data yet", work({ do: "create" }));
  if (service.state === "stopped" && service.incarnation === null)
    return verdict("create", "existing data is made ready", work({ do: "create" }));
  if (service.state === "stopped") return verdict("start", "it has data and does not run", work({ do: "start" }));
  if (service.state !== "standby") return verdict("waiting", service.problem ?? `the service is ${service.state}`);
  if (service.position === null || service.incarnation === null || service.dataId === null) return stopReceiving(view);
  const because = `"${me}" is the first member of the configuration and its data is complete`;
  const members = settings.members.map((m) => m.member);
  const copy = { member: me, incarnation: service.incarnation };
  return verdict(
    "found",
    because,
    write(founded(settings.group, members, copy, service.position, service.forks, service.dataId, because), "founded"),
  );
}

function stopReceiving(view: View): Decision {
  if (view.service.receiving === null) return verdict("waiting", "the end of its data is not known yet");
  return verdict("find-end", "the end of its data must be known", work({ do: "seal" }));
}
