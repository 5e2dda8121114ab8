import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import type { Address } from "../../src/config/config.ts";
import { endProcessesIn } from "../../src/host/processes.ts";
import { chown } from "node:fs/promises";
import { freePort } from "./world.ts";

const run = promisify(execFile);

export interface RealPostgres {
  readonly address: Address;
  start(): Promise<void>;
  /** Ends it by SIGKILL. */
  kill(): Promise<void>;
}

/** A PostgreSQL server of the test's own, without replication or passwords, for the proxy to talk to. */
export async function startPostgres(t: TestContext, programs: string): Promise<RealPostgres> {
  const { uid, gid } = await ownerForServer();
  const parent = await mkdtemp(join(tmpdir(), "understudy-proxy-"));
  await chown(parent, uid, gid);
  const data = join(parent, "data");
  const address = { host: "127.0.0.1", port: await freePort() };
  await run(join(programs, "initdb"), ["-D", data, "-U", "tester", "-A", "trust", "-N", "--no-instructions"], {
    uid,
    gid,
    cwd: parent,
  });
  const settings = [
    `port = ${address.port}`,
    "listen_addresses = '127.0.0.1'",
    "fsync = off",
    "unix_socket_directories = ''",
  ];
  await writeFile(join(data, "postgresql.auto.conf"), `${settings.join("\n")}\n`);
  const kill = (): Promise<void> => endProcessesIn(data, null, 5000);
  const start = async (): Promise<void> => {
    spawn(join(programs, "postgres"), ["-D", data], { uid, gid, cwd: data, stdio: "ignore" });
    await accepting(programs, address);
  };
  t.after(async () => {
    await kill();
    await rm(parent, { recursive: true, force: true });
  });
  await start();
  return { address, start, kill };
}

/** The server does not run as root. */
async function ownerForServer(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((text) => text.startsWith("postgres:"));
  const [, , name, group] = line?.split(":") ?? [];
  return { uid: Number(name), gid: Number(group) };
}

async function accepting(programs: string, { host, port }: Address): Promise<void> {
  const endAtMs = performance.now() + 15_000;
  while (performance.now() < endAtMs) {
    const child = spawn(join(programs, "pg_isready"), ["-q", "-h", host, "-p", String(port)]);
    const [code] = (await once(child, "exit")) as [number];
    if (code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error("PostgreSQL did not start");
}
