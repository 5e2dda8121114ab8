import { spawn } from "node:child_process";
import { buildText } from "./door-text.ts";

/** The check is over by then, whatever stands in its way. */
const CHECK_MS = 3000;

/**
 * Why the kernel's guard cannot be used here, in words that say what to do; `null`: it can. The kernel is
 * asked whether it would take such a table; nothing is changed.
 */
export async function missingForKernelGuard(program = "nft"): Promise<string | null> {
  const plan = { table: "understudy_check", comment: "", port: 1, own: ["127.0.0.1"], members: ["127.0.0.1"] };
  const { code, output } = await run(program, ["--check", "--file", "-"], `${buildText(plan)}\n`);
  if (code === 0) return null;
  if (code === null) return `the program nft is not there (${output}): install the package nftables`;
  const first = output.split("\n").find((line) => line !== "") ?? `nft ended with ${code}`;
  if (/not permitted|must be root/i.test(output))
    return "the agent may not change the kernel's packet filter: run it as root or give it CAP_NET_ADMIN";
  return `the kernel would not take its rules: ${first}`;
}

function run(
  program: string,
  args: readonly string[],
  input: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: "/", timeout: CHECK_MS, killSignal: "SIGKILL" });
    let output = "";
    child.stdout.on("data", (data) => (output += String(data)));
    child.stderr.on("data", (data) => (output += String(data)));
    child.on("error", (error) => resolve({ code: null, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
