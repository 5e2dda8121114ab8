import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Place } from "../place.ts";
import { BEGINNING, layoutAfter, text, type Layout, type SubjectKind } from "./subject.ts";

const START_MS = 300;

/** As its documentation writes a proxy with a backup. */
export const nginx: SubjectKind = kindOf("nginx", [], []);

/** As well as it can be set up for these faults. */
export const nginxTuned: SubjectKind = kindOf(
  "nginx, tuned",
  ["keepalive 64;"],
  [
    "proxy_http_version 1.1;",
    'proxy_set_header Connection "";',
    "proxy_connect_timeout 100ms;",
    "proxy_read_timeout 250ms;",
    "proxy_next_upstream error timeout http_500 http_502 http_503 http_504;",
    "proxy_next_upstream_tries 3;",
  ],
);

function kindOf(title: string, upstream: readonly string[], location: readonly string[]): SubjectKind {
  return {
    title,
    async start(place, directory) {
      const file = join(directory, "nginx.conf");
      mkdirSync(join(directory, "body"), { recursive: true });
      const write = (layout: Layout): void =>
        writeFileSync(file, configuration(place, directory, { upstream, location, layout }));
      write(BEGINNING);
      const child = place.run("client", "nginx", ["-c", file, "-p", directory], ["ignore", "ignore", "ignore"]);
      await sleep(START_MS);
      return {
        child,
        async order(order) {
          write(layoutAfter(order));
          child.kill("SIGHUP");
        },
      };
    },
  };
}

interface Parts {
  readonly upstream: readonly string[];
  readonly location: readonly string[];
  readonly layout: Layout;
}

function configuration({ proxy, servers }: Place, directory: string, { upstream, location, layout }: Parts): string {
  const lines = layout.order.map((name, at) => {
    const drained = layout.drained.includes(name) ? " down" : "";
    return `server ${text(servers[name])}${drained}${at === 0 ? "" : " backup"};`;
  });
  return `daemon off;
worker_processes auto;
pid ${join(directory, "pid")};
error_log ${join(directory, "error.log")};
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${join(directory, "body")};
  proxy_temp_path ${join(directory, "proxy")};
  fastcgi_temp_path ${join(directory, "fastcgi")};
  uwsgi_temp_path ${join(directory, "uwsgi")};
  scgi_temp_path ${join(directory, "scgi")};
  upstream servers {
    ${[...lines, ...upstream].join("\n    ")}
  }
  server {
    listen ${text(proxy)} backlog=1024;
    location / {
      proxy_pass http://servers;
      ${location.join("\n      ")}
    }
  }
}
`;
}
