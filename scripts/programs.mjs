import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { giveUp, root } from "./bootstrap.mjs";

/** Programs of others that we need: how to find them, and Debian's package. Without an `isOptional` one some tests are skipped, which say so. */
const programs = {
  postgres: { title: "PostgreSQL", find: "find-postgres.mjs", packageName: "postgresql", install: installPostgres },
  etcd: { title: "etcd", find: "find-etcd.mjs", packageName: "etcd-server", install: installUnstarted },
  nftables: { title: "nftables", find: "find-nft.mjs", packageName: "nftables", install: aptInstall, isOptional: true },
  patroni: { title: "Patroni", tries: ["patroni", "--version"], packageName: "patroni", install: installUnstarted },
  haproxy: { title: "HAProxy", tries: ["haproxy", "-v"], packageName: "haproxy", install: installUnstarted },
  nginx: { title: "nginx", tries: ["nginx", "-v"], packageName: "nginx-light", install: installUnstarted },
  redis: {
    title: "Redis",
    tries: ["redis-server", "--version"],
    packageName: "redis-server",
    install: installUnstarted,
    isOptional: true,
  },
  plugins: {
    title: "monitoring plugins",
    tries: ["/usr/lib/nagios/plugins/check_dummy", "0"],
    packageName: "monitoring-plugins-basic",
    install: aptInstall,
    isOptional: true,
  },
  ip: { title: "iproute2", tries: ["ip", "-V"], packageName: "iproute2", install: aptInstall, isOptional: true },
  faketime: {
    title: "faketime",
    tries: ["faketime", "--version"],
    packageName: "faketime",
    install: aptInstall,
    isOptional: true,
  },
};

/** What our figures are compared with (bench/hosts/patroni). */
export const PATRONI_PROGRAMS = ["patroni", "haproxy"];

/** What our proxy of web servers is compared with (bench/web). */
export const WEB_PROGRAMS = ["haproxy", "nginx"];

/** What checks ask, and what they run (test/checks). */
export const CHECKED_PROGRAMS = ["redis", "plugins"];

/** What hosts in network namespaces are made with (test/hosts). */
export const HOST_PROGRAMS = ["ip", "nftables", "faketime"];

/**
 * Sees to it that the named programs are there. Installs them where that can be done safely (Debian and Ubuntu, as
 * root); elsewhere ends the process with what to install, or goes on without it if the program is optional: then the
 * tests that need it are skipped. Prints on standard error only.
 */
export async function ensurePrograms(names, { node, env }) {
  for (const name of names) {
    const { title, find, tries, packageName, install, isOptional } = programs[name];
    const [program, ...args] = tries ?? [node, join(root, "scripts", find)];
    const look = () => spawnSync(program, args, { env, encoding: "utf8" });
    // Nothing is left out where nobody looks at what was skipped.
    const mayBeMissing = isOptional && process.env.CI !== "true";
    let found = look();
    if (found.status !== 0 && canInstall()) {
      process.stderr.write(`Installing ${title} with apt-get (package ${packageName}) …\n`);
      await install(packageName).catch((error) =>
        mayBeMissing ? process.stderr.write(`${error.message}\n`) : giveUp(error.message),
      );
      found = look();
      if (found.status === 0) process.stderr.write(`${title} installed\n`);
    }
    if (found.status !== 0 && !mayBeMissing) giveUp(found.stdout || found.stderr || String(found.error));
  }
}

/** Whether this is Debian or one of its kin, and we are root. */
function canInstall() {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get") && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
}

/** Where Debian's packages look whether to make and start a cluster of their own. */
const CLUSTER_SETTINGS = "/etc/postgresql-common/createcluster.conf";

/** Installs the server without the cluster that Debian makes and starts with it: the port stays free, nothing else runs. */
async function installPostgres(packageName) {
  await untilDone(async (isInterrupted) => {
    if (!existsSync(CLUSTER_SETTINGS)) await aptInstall("postgresql-common");
    const settings = readFileSync(CLUSTER_SETTINGS);
    try {
      appendFileSync(CLUSTER_SETTINGS, "\ncreate_main_cluster = false\n");
      if (!isInterrupted()) await aptInstall(packageName);
    } finally {
      writeFileSync(CLUSTER_SETTINGS, settings);
    }
  });
}

/** What Debian's packages ask whether to start their services. */
const START_POLICY = "/usr/sbin/policy-rc.d";

/** Installs a server without starting it. */
async function installUnstarted(packageName) {
  await untilDone(async () => {
    const isOurs = !existsSync(START_POLICY);
    try {
      if (isOurs) writeFileSync(START_POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
      await aptInstall(packageName);
    } finally {
      if (isOurs) rmSync(START_POLICY, { force: true });
    }
  });
}

/** Runs `work` to its end, also when a signal asks this process to end; then ends it. */
async function untilDone(work) {
  let wasInterrupted = false;
  const interrupt = () => (wasInterrupted = true);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, interrupt);
  try {
    await work(() => wasInterrupted);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupt);
  }
  if (wasInterrupted) process.exit(130);
}

/** Installs a package; the lists are brought up to date only when it cannot be had without. */
async function aptInstall(packageName) {
  const install = ["install", "-y", "--no-install-recommends", packageName];
  const first = await aptGet(install);
  if (first.code === 0) return;
  const update = await aptGet(["update"]);
  const second = update.code === 0 ? await aptGet(install) : update;
  if (second.code !== 0)
    throw new Error(`${second.output.trim()}\n\nCannot install ${packageName}: apt-get failed (see above).`);
}

function aptGet(args) {
  return new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const options = ["-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"];
    const child = spawn("apt-get", [...options, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
