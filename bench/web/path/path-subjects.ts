import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "../../../src/config/config.ts";
import type { Place } from "../place.ts";
import { haproxy } from "../subjects/haproxy.ts";
import { nginx, nginxTuned } from "../subjects/nginx.ts";
import { ours } from "../subjects/ours.ts";
import { text, type SubjectKind } from "../subjects/subject.ts";

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

/** What stands between client and server; `null`: nothing. */
export const pathSubjects = {
  direct: null,
  ours,
  undici: undici("plain undici proxy"),
  "undici-stream": undici("undici, by stream", "stream"),
  haproxy,
  nginx,
  "nginx-tuned": nginxTuned,
} as const satisfies Record<string, SubjectKind | null>;

export type PathSubjectName = keyof typeof pathSubjects;

/** The cheapest server there is, so that what is measured is the way to it. */
export function startStaticServer(place: Place, address: Address, directory: string): ChildProcess {
  const file = join(directory, "server.conf");
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${join(directory, "server.pid")}; error_log ${join(directory, "server.log")};
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path ${directory}/t1; proxy_temp_path ${directory}/t2; fastcgi_temp_path ${directory}/t3;
  uwsgi_temp_path ${directory}/t4; scgi_temp_path ${directory}/t5;
  server { listen ${text(address)} backlog=1024; location / { return 200 "${"0123456789".repeat(20)}"; } }
}
`,
  );
  return place.run("a", "nginx", ["-c", file, "-p", directory], ["ignore", "ignore", "ignore"]);
}
