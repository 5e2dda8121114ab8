import { spawnSync } from "node:child_process";
import { execve } from "node:process";

const MARK = "UNDERSTUDY_OWN_NETWORK";
const SCRIPT = 'ip link set lo up && exec "$0" "$@"';

/**
 * Goes on in a network namespace of this process's own, which has a loopback device and nothing else and
 * vanishes with it: this program begins again there. To be called before anything else. `false` when there;
 * else why it cannot be had.
 */
export function enterOwnNetwork(): string | false {
  if (process.env[MARK] !== undefined) return false;
  const { status } = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]);
  if (status !== 0) return "no network namespace can be made here: that needs root, unshare and ip";
  const unshare = spawnSync("sh", ["-c", "command -v unshare"], { encoding: "utf8" }).stdout.trim();
  const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  return (
    execve?.(unshare, ["unshare", "--net", "sh", "-c", SCRIPT, ...program], { ...process.env, [MARK]: "1" }) ??
    "this Node cannot begin again"
  );
}
