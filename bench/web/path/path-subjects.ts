import type { ChildProcess } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "../../../src/config/config.ts";
import type { Place } from "../place.ts";
import { haproxy } from "../subjects/haproxy.ts";
import { nginx, nginxTuned } from "../subjects/nginx.ts";
import { ours } from "../subjects/ours.ts";
import { text, type SubjectKind } from "../subjects/subject.ts";

const ROUTE = fileURLToPath(new URL("route-process.ts", import.meta.url));
const UNDICI = fileURLToPath(new URL("undici-proxy-process.ts", import.meta.url));

const undici = (title: string, ...how: readonly string[]): SubjectKind => ({
  title,
  async start(place) {
    const { proxy, servers } = place;
    const where = [proxy.host, String(proxy.port), servers.a.host, String(servers.a.port), ...how];
    const args = ["--max-semi-space-size=16", UNDICI, ...where];
    return {
      child: place.run("client", process.execPath, args, ["ignore", "ignore", 2]),
      order: async () => undefined,
    };
  },
});

/** A route of a group, as `understudy proxy --route` runs it. */
const route = (title: string, kind: "tcp" | "kernel"): SubjectKind => ({
  title,
  async start(place) {
    const { proxy, servers } = place;
    const where = [kind, proxy.host, String(proxy.port), servers.a.host, String(servers.a.port)];
    const args = ["--no-warnings", ROUTE, ...where];
    return {
      child: place.run("client", process.execPath, args, ["ignore", "ignore", 2]),
      order: async () => undefined,
    };
  },
});

const haproxyTcp: SubjectKind = {
  title: "HAProxy, TCP mode",
  async start(place, directory) {
    const file = join(directory, "haproxy-tcp.cfg");
    const times = ["timeout connect 5s", "timeout client 50s", "timeout server 50s"].join("\n  ");
    const lines = `listen tcp\n  bind ${text(place.proxy)}\n  server a ${text(place.servers.a)}`;
    writeFileSync(file, `global\n  maxconn 4000\ndefaults\n  mode tcp\n  ${times}\n${lines}\n`);
    const child = place.run("client", "haproxy", ["-db", "-f", file], ["ignore", "ignore", "ignore"]);
    return { child, order: async () => undefined };
  },
};

/** What stands between client and server; `null`: nothing. */
export const pathSubjects = {
  direct: null,
  kernel: route("ours, kernel route", "kernel"),
  tcp: route("ours, TCP proxy", "tcp"),
  "haproxy-tcp": haproxyTcp,
  ours,
  undici: undici("plain undici proxy"),
  "undici-stream": undici("undici, by stream", "stream"),
  haproxy,
  nginx,
  "nginx-tuned": nginxTuned,
} as const satisfies Record<string, SubjectKind | null>;

export type PathSubjectName = keyof typeof pathSubjects;

/** Where the static server has a file of {@link BULK_BYTES}. */
export const BULK = "/bulk";
const BULK_BYTES = 64 * 1024 * 1024;

/** The cheapest server there is, so that what is measured is the way to it. */
export function startStaticServer(place: Place, address: Address, directory: string): ChildProcess {
  const file = join(directory, "server.conf");
  writeFileSync(join(directory, "bulk"), Buffer.alloc(BULK_BYTES));
  chmodSync(directory, 0o755);
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${join(directory, "server.pid")}; error_log ${join(directory, "server.log")};
events { worker_connections 4096; }
http {
  access_log off; sendfile on; keepalive_requests 1000000000;
  client_body_temp_path ${directory}/t1; proxy_temp_path ${directory}/t2; fastcgi_temp_path ${directory}/t3;
  uwsgi_temp_path ${directory}/t4; scgi_temp_path ${directory}/t5;
  server { listen ${text(address)} backlog=1024; location ${BULK} { root ${directory}; } location / { return 200 "${"0123456789".repeat(20)}"; } }
}
`,
  );
  return place.run("a", "nginx", ["-c", file, "-p", directory], ["ignore", "ignore", "ignore"]);
}
