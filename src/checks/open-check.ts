import { readFile } from "node:fs/promises";
import type { CheckTls, HttpCheckConfig, QuestionConfig } from "../config/check-config.ts";
import type { Address, MemberConfig, PostgresConfig } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure, invariant, messageOf } from "../lib/failure.ts";
import type { Check } from "./check.ts";
import { execCheck } from "./exec.ts";
import { fileCheck } from "./file.ts";
import { grpcCheck } from "./grpc.ts";
import { httpCheck } from "./http.ts";
import { lateCheck } from "./late-check.ts";
import { processCheck } from "./process.ts";
import { redisCheck } from "./redis.ts";
import { sqlCheck } from "./sql.ts";
import { tcpCheck } from "./tcp.ts";
import type { TlsQuestion } from "./tls-question.ts";

/** Whose checks they are. */
export interface CheckedMember {
  readonly group: string;
  readonly member: Pick<MemberConfig, "member" | "address">;
  /** As whom and where queries are asked; `null`: the service answers none. */
  readonly config: PostgresConfig | null;
  /** As whom programs run unless their check says so; `null`: as the agent. */
  readonly runAs: string | null;
  readonly secrets: { readonly application: string };
  readonly clock: Clock;
}

/** The check that `question` describes. A kind of check is a file of this folder, a case here, and a part of the schema. */
export function openCheck(question: QuestionConfig, of: CheckedMember): Check {
  const { clock, member } = of;
  const { address } = member;
  switch (question.kind) {
    case "tcp":
      return tcpCheck(address, clock);
    case "sql":
      return openSql(question.query, of);
    case "http":
      return withCa(question.tls, clock, (tls) => openHttp(question, address, tls, clock));
    case "grpc":
      return withCa(question.tls, clock, (tls) => grpcCheck(address, { service: question.service, tls }, clock));
    case "redis":
      return redisCheck(address, question, clock);
    case "exec": {
      const command = wordsOf(question.command, of);
      return execCheck({ ...question, command, runAs: question.runAs ?? of.runAs }, clock);
    }
    case "file":
      return fileCheck(question, clock);
    case "process":
      return processCheck(question, clock);
  }
}

function openSql(query: string, { config, member, secrets, clock }: CheckedMember): Check {
  invariant(config !== null, "the configuration has no query for a service that answers none");
  const { database, user } = config;
  return sqlCheck({ address: member.address, database, user, password: secrets.application }, query, clock);
}

function openHttp(question: HttpCheckConfig, address: Address, tls: TlsQuestion | null, clock: Clock): Check {
  const isGoodStatus = (status: number): boolean =>
    question.status.some(({ from, to }) => status >= from && status <= to);
  const { method, path, host, header, body } = question;
  return httpCheck(address, { method, path, host, header, body, isGoodStatus, tls }, clock);
}

/** The file with the certificates is read when the check is tried. */
function withCa(tls: CheckTls | null, clock: Clock, make: (tls: TlsQuestion | null) => Check): Check {
  if (tls === null || tls.ca === null) return make(tls === null ? null : { minDays: tls.minDays, ca: null });
  const { minDays, ca: file } = tls;
  return lateCheck(async () => make({ minDays, ca: await certificatesIn(file) }), clock);
}

async function certificatesIn(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Failure(`the file of tls.ca cannot be read: ${messageOf(error)}`);
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Failure(`"${file}" (tls.ca) has no certificate in it`);
  return text;
}

/** A command's words with what they stand for. */
function wordsOf(command: readonly string[], { group, member }: CheckedMember): readonly string[] {
  const { host, port } = member.address;
  const values: Record<string, string> = { group, member: member.member, host, port: String(port) };
  return command.map((word) =>
    word.replaceAll(/\{(group|member|host|port)\}/g, (_, name: string) => values[name] ?? ""),
  );
}
