import type { CheckConfig, QuestionConfig } from "./check-config.ts";
import type { GroupConfig } from "./config.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";
import type { FileCheck } from "./schema-checks.ts";

type Service = GroupConfig["service"]["kind"];

/** What a group's checks cannot ask, and settings of one that do not go together. */
export function checkChecks(at: Path, given: readonly FileCheck[], group: GroupConfig): readonly Finding[] {
  return given.flatMap((check, i) => checkOne([...at, i], check, group.checks[i], group.service.kind));
}

function checkOne(at: Path, given: FileCheck, config: CheckConfig | undefined, service: Service): readonly Finding[] {
  if (config === undefined) return [];
  if (config.kind !== "composed") return checkQuestion([...at, config.kind], given, config, service);
  const { path, of } = partsOf(at, given);
  const inside = of.flatMap((part, i) => checkOne([...path, i], part, config.of[i], service));
  return given.atLeast !== undefined && config.least > of.length
    ? [tooMany(at, config.least, of.length), ...inside]
    : inside;
}

function partsOf(
  at: Path,
  { any, all, atLeast }: FileCheck,
): { readonly path: Path; readonly of: readonly FileCheck[] } {
  if (any !== undefined) return { path: [...at, "any"], of: any };
  if (all !== undefined) return { path: [...at, "all"], of: all };
  return { path: [...at, "atLeast", "of"], of: atLeast?.of ?? [] };
}

function tooMany(at: Path, least: number, count: number): Finding {
  const wrong = `count: ${least} can never be met by ${count} check${count === 1 ? "" : "s"}`;
  return { path: [...at, "atLeast", "count"], part: "value", text: sentence(wrong, null, `at most ${count}`) };
}

function checkQuestion(at: Path, given: FileCheck, config: QuestionConfig, service: Service): readonly Finding[] {
  const because = NOT_ANSWERED[service]?.[config.kind];
  if (because !== undefined) return [misplaced(at, config.kind, because)];
  return [...checkSlow(at, config), ...checkFile(at, given), ...checkBody(at, config), ...checkProcess(at, config)];
}

/** The questions to which a service knows no answer. */
const NOT_ANSWERED: Readonly<Record<Service, Partial<Record<QuestionConfig["kind"], string>>>> = {
  process: { sql: "a process answers no queries" },
  external: {
    sql: "web servers answer no queries",
    process: "the servers run elsewhere",
    file: "the servers run elsewhere",
  },
  postgres: {
    http: "PostgreSQL does not answer by HTTP",
    grpc: "PostgreSQL does not answer by gRPC",
    redis: "PostgreSQL does not answer as Redis does",
  },
};

function checkSlow(at: Path, { slowMs, timeoutMs }: QuestionConfig): readonly Finding[] {
  if (slowMs === null || slowMs < timeoutMs) return [];
  const wrong = "no good answer can be so slow: the check has failed by then";
  return [{ path: [...at, "slow"], part: "value", text: sentence(wrong, null, "less than timeout") }];
}

/** What is not there has no age and no text. */
function checkFile(at: Path, { file }: FileCheck): readonly Finding[] {
  if (file?.absent !== true) return [];
  return (["maxAge", "contains"] as const)
    .filter((setting) => file[setting] !== undefined)
    .map((setting) => misplaced([...at, setting], setting, "with absent: true the file is not there"));
}

function checkBody(at: Path, config: QuestionConfig): readonly Finding[] {
  if (config.kind !== "http" || config.method !== "HEAD" || config.body === null) return [];
  return [misplaced([...at, "body"], "body", "the answer to HEAD has none")];
}

function checkProcess(at: Path, config: QuestionConfig): readonly Finding[] {
  if (config.kind !== "process" || config.pidFile !== null || config.command !== null) return [];
  const wrong = "process does not say which process";
  return [{ path: at, part: "key", text: sentence(wrong, null, "pidFile or command, or both") }];
}

function misplaced(path: Path, setting: string, because: string): Finding {
  return { path, part: "key", text: sentence(`${setting} has no meaning here: ${because}`, null, "it left out") };
}
