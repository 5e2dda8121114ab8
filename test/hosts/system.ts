import { spawnSync } from "node:child_process";
import { Failure } from "../../src/lib/failure.ts";

/** No command that sets something up takes longer. */
const LIMIT_MS = 10_000;

/**
 * Runs a program of the system to its end and returns what it printed. It waits in place, so that it also works while
 * this process ends. Throws a {@link Failure} with the program's words.
 */
export function system(program: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync(program, [...args], {
    input,
    encoding: "utf8",
    timeout: LIMIT_MS,
  });
  if (status === 0) return stdout;
  const why = stderr?.trim() || error?.message || `it ended with ${status}`;
  throw new Failure(`"${program} ${args.join(" ")}" failed: ${why}`);
}

/** The same inside a network namespace. */
export function inNamespace(namespace: string, program: string, args: readonly string[], input = ""): string {
  return system("nsenter", [`--net=${namespaceFile(namespace)}`, "--", program, ...args], input);
}

/** Where `ip netns` keeps a namespace. */
export function namespaceFile(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** Waits in place until `holds`, at most so long; says whether it came to that. */
export function waitFor(holds: () => boolean, withinMs: number): boolean {
  const endAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endAt) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  }
  return true;
}

/** Why no hosts can be made here; `null`: they can. */
export function whyNoHosts(): string | null {
  if (process.platform !== "linux") return "hosts are made with Linux's namespaces";
  if (process.getuid?.() !== 0) return "only root can make hosts";
  for (const [program, ...args] of [
    ["ip", "-V"],
    ["nft", "-v"],
    ["unshare", "--net", "nft", "add", "table", "bridge", "probe"],
  ] as const) {
    try {
      system(program, args);
    } catch (error) {
      return (error as Failure).message;
    }
  }
  return null;
}
