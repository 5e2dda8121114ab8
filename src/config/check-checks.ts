import type { CheckConfig, QuestionConfig } from "./check-config.ts";
import type { GroupConfig } from "./config.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";
import type { FileCheck } from "./schema-checks.ts";

type Service = GroupConfig["service"]["kind"];

/** What a group's checks cannot ask, and settings of one that do not go together. */
export function checkChecks(at: Path, given: readonly FileCheck[], group: GroupConfig): readonly Finding[] {
  const one = (check: FileCheck, i: number): readonly Finding[] =>
    checkOne([...at, i], check, group.checks[i], group.service.kind);
  return [...given.flatMap(one), ...checkJudges(at, group)];
}

/** Others can judge only by what can be asked from their hosts. */
function checkJudges(at: Path, { judges, checks, members }: GroupConfig): readonly Finding[] {
  if (judges === "own") return [];
  const wrong = (why: string, meant: string): readonly Finding[] => [
    { path: [...at.slice(0, -1), "judges"], part: "value", text: sentence(why, null, meant) },
  ];
  const local = checks.flatMap(leavesOf).find(({ kind }) => kind === "file" || kind === "process");
  if (checks.length === 0) return wrong("there are no checks to judge by", "checks: [{ tcp: {} }]");
  if (Object.keys(members).length < 2) return wrong("there is nobody else to judge", "judges: own");
  return local === undefined ? [] : wrong(`${local.kind} can be asked on the primary's own host only`, "judges: own");
}

function leavesOf(config: CheckConfig): readonly QuestionConfig[] {
  return config.kind === "composed" ? config.of.flatMap(leavesOf) : [config];
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
  systemd: { sql: "a unit answers no queries" },
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
