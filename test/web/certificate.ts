import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A directory that is gone after the test. */
export async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "web-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A certificate of its own signature for `name`, in `directory`. */
export function makeCertificate(
  directory: string,
  file: string,
  name: string,
  days = 30,
): { cert: string; key: string } {
  const [cert, key] = [join(directory, `${file}.crt`), join(directory, `${file}.key`)];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", String(days)];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},DNS:*.${name}`];
  execFileSync("openssl", ["req", ...kind, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { cert, key };
}
