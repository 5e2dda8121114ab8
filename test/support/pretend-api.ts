import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { serveApi } from "../../src/api/server.ts";
import { PretendAgent } from "./pretend-agent.ts";

/** A configuration of three nodes in a directory of its own; nothing runs. */
export async function writeConfig(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-cli-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "understudy.yaml");
  await writeFile(
    file,
    `cluster: quickstart
store: { sqlite: ./store.db }
nodes:
  a: { directory: ./a }
  b: { directory: ./b }
  c: { directory: ./c }
groups:
  main:
    service: { postgres: {} }
    members:
      a: { address: 127.0.0.1:5441 }
      b: { address: 127.0.0.1:5442 }
      c: { address: 127.0.0.1:5443 }
`,
  );
  for (const node of ["a", "b", "c"]) await mkdir(join(directory, node));
  return file;
}

/** The same, with a pretended agent on node "a". */
export async function pretendApi(t: TestContext): Promise<{ file: string; agent: PretendAgent }> {
  const file = await writeConfig(t);
  const agent = new PretendAgent();
  const server = await serveApi(agent, { socket: join(file, "../a/agent.sock"), address: null });
  t.after(() => server.close());
  return { file, agent };
}
