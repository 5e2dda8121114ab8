import type { ServiceAction } from "../../core/service-action.ts";
import { Failure } from "../../lib/failure.ts";
import type { Progress } from "../service.ts";
import { adoptData } from "./adopt.ts";
import { cloneData } from "./clone.ts";
import type { DataContext, Source } from "./context.ts";
import { createData } from "./create.ts";
import { follow } from "./follow.ts";
import { inspect } from "./inspect.ts";
import type { Instance } from "./instance.ts";
import { begin, promote } from "./promote.ts";
import { rewindData } from "./rewind.ts";
import { seal } from "./seal.ts";
import { setRule } from "./set-rule.ts";
import { startServer } from "./start.ts";
import { endForGood, prepareStop, stopCleanly } from "./stop.ts";

/** What an action needs besides the server. */
export interface ActionOptions {
  /** The identity of the group's data; `null` while there is none. */
  readonly expectedDataId: string | null;
  /** Ends the action. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Does `action`; see {@link ServiceAction}. */
export async function act(instance: Instance, action: ServiceAction, options: ActionOptions): Promise<void> {
  const { place } = instance;
  const context: DataContext = { ...place, signal: options.signal };
  switch (action.do) {
    case "create":
      return create(instance, context, options);
    case "start":
      return start(instance, options);
    case "follow":
      return follow(instance, action);
    case "seal":
      return seal(instance, options.signal);
    case "promote":
      return promote(instance, action);
    case "begin":
      return begin(instance, action.term);
    case "set-rule":
      return setRule(instance, action.rule, action.term);
    case "prepare-stop":
      return prepareStop(instance);
    case "stop":
      return action.how === "clean" ? stopCleanly(instance) : endForGood(instance);
    case "clone":
      return replaced(instance, () =>
        cloneData(context, sourceAt(context, action.from), action.forks, options.progress),
      );
    case "rewind":
      return replaced(instance, async () => {
        await rewindData(context, sourceAt(context, action.from), action.forks, options.progress);
      });
  }
}

/** New data, or existing data that becomes the group's. */
async function create({ identity }: Instance, context: DataContext, options: ActionOptions): Promise<void> {
  const found = await inspect(context, options.expectedDataId);
  if (found.state === "present" && found.identity === null) await adoptData(context, options.progress);
  else await createData(context, options.progress);
  identity.forget();
}

async function start(instance: Instance, { expectedDataId, signal }: ActionOptions): Promise<void> {
  const { state, problem, identity } = await inspect(instance.place, expectedDataId);
  if (state !== "present" || identity === null)
    throw new Failure(`Cannot start PostgreSQL in "${instance.place.data}": ${problem ?? "its data is not ready"}`);
  await startServer(instance, signal);
}

/** Work that replaces the data needs a server that does not run. */
async function replaced(instance: Instance, work: () => Promise<void>): Promise<void> {
  await stopCleanly(instance).catch(() => endForGood(instance));
  try {
    await work();
  } finally {
    instance.identity.forget();
  }
}

function sourceAt({ members }: DataContext, member: string): Source {
  const address = members[member];
  if (address === undefined) throw new Failure(`Cannot copy from "${member}": it is no member of the group`);
  return { ...address, member };
}
