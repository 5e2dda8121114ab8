import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import { openCheck, type CheckedMember } from "../../src/checks/open-check.ts";
import { ScheduledCheck } from "../../src/checks/schedule.ts";
import type { QuestionConfig } from "../../src/config/check-config.ts";
import { Certificates } from "../../test/store/certificates.ts";
import { freePorts } from "../takeover/free-ports.ts";
import { writeJson } from "../takeover/report.ts";
import { aligned } from "../web/table.ts";
import { MEASURED, type Measured, type MeasuredKind } from "./measured.ts";
import type { ChecksOptions } from "./options.ts";

/** Before it is measured: code gets compiled. */
const WARM_UP_MS = 3000;

/** The kernel remembers ended connections for a minute, and a thousand a second to one port would use up its own. */
const PORTS = 20;

/** What one kind costs. */
export interface ChecksFigures {
  readonly kind: Measured;
  readonly perSecond: number;
  readonly failed: number;
  /** Of one core, in this process: what the agent would pay. */
  readonly corePercent: number;
  /** The part of it that the kernel took. */
  readonly kernelPercent: number;
  /** For one check, in microseconds. */
  readonly eachUs: number;
  readonly rssMegabytes: number;
}

/** Measures each kind by itself, against a server in another process. Resolves to whether no check failed. */
export async function benchChecks(options: ChecksOptions): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), "understudy-checks-"));
  const figures: ChecksFigures[] = [];
  try {
    for (const kind of options.kinds) figures.push(await measure(kind, options, directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.stdout.write(`${tableOf(figures)}\n`);
  if (options.json !== null) await writeJson(options.json, figures);
  return figures.every(({ failed }) => failed === 0);
}

async function measure(kind: Measured, options: ChecksOptions, directory: string): Promise<ChecksFigures> {
  const measured = MEASURED[kind];
  const ports = await freePorts(PORTS);
  const certificates = measured.server === "tls" ? new Certificates(directory) : null;
  const server = measured.server === null ? null : await startServer(measured.server, ports, certificates);
  try {
    return await measureWith(kind, trusting(measured, certificates), ports, options);
  } finally {
    server?.kill("SIGKILL");
  }
}

async function startServer(
  what: string,
  ports: readonly number[],
  certificates: Certificates | null,
): Promise<ChildProcess> {
  const files = certificates === null ? [] : [certificates.cert("server"), certificates.key("server")];
  const server = fork(join(import.meta.dirname, "server-process.ts"), [what, ports.join(","), ...files]);
  await once(server, "message");
  return server;
}

function trusting({ question, ...kind }: MeasuredKind, certificates: Certificates | null): MeasuredKind {
  if (certificates === null || question.kind !== "http") return { question, ...kind };
  return { question: { ...question, tls: { minDays: 0, ca: certificates.cert("ca") } }, ...kind };
}

async function measureWith(
  kind: Measured,
  { question, rate }: MeasuredKind,
  ports: readonly number[],
  options: ChecksOptions,
): Promise<ChecksFigures> {
  const count = { tries: 0, failed: 0 };
  const running = await startChecks(question, ports, options.rate ?? rate, count);
  await sleep(WARM_UP_MS);
  const begin = { ...count, atMs: performance.now(), cpu: process.cpuUsage() };
  await sleep(options.seconds * 1000);
  const tookMs = performance.now() - begin.atMs;
  const { user, system } = process.cpuUsage(begin.cpu);
  const tries = count.tries - begin.tries;
  for (const check of running) check.close();
  return {
    kind,
    perSecond: (tries / tookMs) * 1000,
    failed: count.failed - begin.failed,
    corePercent: (user + system) / 10 / tookMs,
    kernelPercent: system / 10 / tookMs,
    eachUs: (user + system) / Math.max(1, tries),
    rssMegabytes: process.memoryUsage().rss / 2 ** 20,
  };
}

/** One a second each, begun over a second as agents begin theirs: not all at once. */
async function startChecks(
  question: QuestionConfig,
  ports: readonly number[],
  rate: number,
  count: { tries: number; failed: number },
): Promise<readonly ScheduledCheck[]> {
  const running: ScheduledCheck[] = [];
  const heard = ({ ok }: { readonly ok: boolean }): void => {
    count.tries += 1;
    if (!ok) count.failed += 1;
  };
  const startedMs = performance.now();
  while (running.length < rate) {
    const due = Math.min(rate, ((performance.now() - startedMs) / 1000) * rate);
    while (running.length < due)
      running.push(
        new ScheduledCheck(
          openCheck(question, memberAt(ports[running.length % ports.length] ?? 0)),
          question,
          systemClock,
          heard,
        ),
      );
    await sleep(1);
  }
  return running;
}

function memberAt(port: number): CheckedMember {
  const address = { host: "127.0.0.1", port };
  const member = { member: "a", address, from: [], priority: 50, follows: null, delayMs: 0, data: "" };
  return { group: "g", member, config: null, runAs: null, secrets: { application: "" }, clock: systemClock };
}

const HEAD = ["check", "a second", "% of a core", "% by the kernel", "µs each", "failed", "MB"];

function tableOf(figures: readonly ChecksFigures[]): string {
  const rows = figures.map(({ kind, perSecond, corePercent, kernelPercent, eachUs, failed, rssMegabytes }) => [
    kind,
    perSecond.toFixed(0),
    corePercent.toFixed(1),
    kernelPercent.toFixed(1),
    eachUs.toFixed(0),
    String(failed),
    rssMegabytes.toFixed(0),
  ]);
  return aligned([HEAD, ...rows], new Set(["check"]));
}
