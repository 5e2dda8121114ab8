import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Why no small disk can be made here; `null`: one can. */
export function whyNoSmallDisk(): string | null {
  if (process.platform !== "linux") return "small disks are made with Linux's tmpfs";
  if (process.getuid?.() !== 0) return "only root can mount a small disk";
  const tried = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { encoding: "utf8" });
  return tried.status === 0 ? null : `this system does not let us mount: ${tried.stderr.trim()}`;
}

/** A file system of its own at a directory, that can be filled. It is gone with this process at the latest. */
export class SmallDisk {
  readonly directory: string;
  readonly #unmount = (): void => this.remove();
  #isMounted = true;

  private constructor(directory: string) {
    this.directory = directory;
    process.on("exit", this.#unmount);
  }

  static at(directory: string, size: string): SmallDisk {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0711`, "tmpfs", directory]);
    return new SmallDisk(directory);
  }

  /** Fills it up but for `leftBytes`. */
  fill(leftBytes = 0): void {
    const filler = openSync(this.#filler, "a");
    try {
      for (let size = 65_536; size >= 4096 && this.#freeBytes() > leftBytes;) {
        try {
          writeSync(filler, Buffer.alloc(size));
        } catch {
          size /= 2;
        }
      }
    } finally {
      closeSync(filler);
    }
  }

  /** Makes room again. */
  makeRoom(): void {
    rmSync(this.#filler, { force: true });
  }

  /** Unmounts it, whoever still uses it. */
  remove(): void {
    if (!this.#isMounted) return;
    execFileSync("umount", ["--lazy", this.directory]);
    this.#isMounted = false;
    process.off("exit", this.#unmount);
  }

  get #filler(): string {
    return join(this.directory, "filler");
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }
}
