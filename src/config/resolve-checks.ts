import { parseDuration } from "../lib/units.ts";
import type { CheckConfig, CheckTimesConfig, CheckTls, StatusRange } from "./check-config.ts";
import type { FileCheck, FileTimes } from "./schema-checks.ts";

type Beside = (path: string) => string;

/** No check is tried more often than that by itself. */
const LEAST_IN_DOUBT_MS = 50;

/** A check as the program uses it. `beside` makes paths absolute. */
export function resolveCheck(given: FileCheck, beside: Beside): CheckConfig {
  const several = composed(given);
  if (several === null) return resolveQuestion(given, beside);
  return { kind: "composed", least: several.least, of: several.of.map((part) => resolveCheck(part, beside)) };
}

/** The parts of a check that is composed of others, and how many must be good; `null`: it is a question itself. */
export function composed({
  any,
  all,
  atLeast,
}: FileCheck): { readonly least: number; readonly of: readonly FileCheck[] } | null {
  if (any !== undefined) return { least: 1, of: any };
  if (all !== undefined) return { least: all.length, of: all };
  return atLeast === undefined ? null : { least: atLeast.count, of: atLeast.of };
}

function resolveQuestion(given: FileCheck, beside: Beside): CheckConfig {
  const { tcp, sql, redis, exec } = given;
  if (sql) return { kind: "sql", query: sql.query, ...timesOf(sql) };
  if (redis)
    return {
      kind: "redis",
      passwordFile: redis.passwordFile === undefined ? null : beside(redis.passwordFile),
      role: redis.role ?? null,
      ...timesOf(redis),
    };
  if (exec)
    return {
      kind: "exec",
      command: exec.command,
      warningIs: exec.warningIs,
      runAs: exec.runAs ?? null,
      ...timesOf(exec),
    };
  return tcp ? { kind: "tcp", ...timesOf(tcp) } : (resolveRequest(given, beside) ?? resolveLocal(given, beside));
}

function resolveRequest({ http, grpc }: FileCheck, beside: Beside): CheckConfig | null {
  if (grpc) return { kind: "grpc", service: grpc.service, tls: tlsOf(grpc.tls, beside), ...timesOf(grpc) };
  if (!http) return null;
  const { method, path, host = null, status, header = null, body = null, tls } = http;
  const wanted = { host, status: statusRanges(status), header, body };
  return { kind: "http", method, path, ...wanted, tls: tlsOf(tls, beside), ...timesOf(http) };
}

function resolveLocal({ file, process }: FileCheck, beside: Beside): CheckConfig {
  if (file) {
    const maxAgeMs = file.maxAge === undefined ? null : milliseconds(file.maxAge);
    const wanted = { isWanted: !file.absent, maxAgeMs, contains: file.contains ?? null };
    return { kind: "file", path: beside(file.path), ...wanted, ...timesOf(file) };
  }
  const { pidFile, command = null } = process ?? {};
  const times = timesOf(process);
  return { kind: "process", pidFile: pidFile === undefined ? null : beside(pidFile), command, ...times };
}

function tlsOf(
  tls: { readonly minDays: number; readonly ca?: string | undefined } | undefined,
  beside: Beside,
): CheckTls | null {
  if (tls === undefined) return null;
  return { minDays: tls.minDays, ca: tls.ca === undefined ? null : beside(tls.ca) };
}

function timesOf(given: FileTimes | undefined): CheckTimesConfig {
  const { interval = "", inDoubt, timeout = "", slow, rise = 0, fall = 0, flaps = 0 } = given ?? {};
  const intervalMs = milliseconds(interval);
  return {
    intervalMs,
    inDoubtMs: inDoubt === undefined ? Math.max(LEAST_IN_DOUBT_MS, intervalMs / 4) : milliseconds(inDoubt),
    timeoutMs: milliseconds(timeout),
    rise,
    fall,
    slowMs: slow === undefined ? null : milliseconds(slow),
    flaps,
  };
}

/** The ranges that a text such as `200-299,301` names. */
export function statusRanges(text: string): readonly StatusRange[] {
  return text.split(",").map((part) => {
    const [from = "0", to = from] = part.split("-");
    return { from: Number(from), to: Number(to) };
  });
}

function milliseconds(text: string): number {
  return parseDuration(text) ?? 0;
}
