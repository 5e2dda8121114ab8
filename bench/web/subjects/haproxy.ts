import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Place, ServerName } from "../place.ts";
import { BEGINNING, layoutAfter, text, type Layout, type SubjectKind } from "./subject.ts";

/** More than the client opens; its own limit would need more files than a process may have here. */
const MAX_CONNECTIONS = 4000;
/** As long as a master process takes at most to start. */
const START_MS = 400;

/** As its starter guide writes it. */
export const haproxy: SubjectKind = kindOf("HAProxy", {
  globals: "",
  defaults: ["timeout connect 5s", "timeout client 50s", "timeout server 50s"],
  backend: [],
  server: "check",
});

/** As well as it can be set up for these faults. */
export const haproxyTuned: SubjectKind = kindOf("HAProxy, tuned", {
  globals: "",
  defaults: ["timeout connect 100ms", "timeout client 50s", "timeout server 250ms", "timeout queue 30s"],
  backend: [
    "option httpchk GET /",
    "option redispatch 1",
    "retries 3",
    "retry-on all-retryable-errors",
    "http-reuse safe",
    "default-server inter 100ms fastinter 50ms downinter 100ms fall 2 rise 2 observe layer7 error-limit 3 on-error mark-down on-marked-down shutdown-sessions",
  ],
  server: "check",
});

interface Settings {
  readonly globals: string;
  readonly defaults: readonly string[];
  readonly backend: readonly string[];
  readonly server: string;
}

function kindOf(title: string, settings: Settings): SubjectKind {
  return {
    title,
    async start(place, directory) {
      const file = join(directory, "haproxy.cfg");
      const write = (layout: Layout): void => writeFileSync(file, configuration(place, settings, layout));
      write(BEGINNING);
      const child = place.run("client", "haproxy", ["-W", "-db", "-f", file], ["ignore", "ignore", "ignore"]);
      await sleep(START_MS);
      return {
        child,
        async order(order) {
          write(layoutAfter(order));
          child.kill("SIGUSR2");
        },
      };
    },
  };
}

function configuration({ proxy, servers }: Place, settings: Settings, layout: Layout): string {
  const server = (name: ServerName, at: number): string => {
    const drained = layout.drained.includes(name) ? " weight 0" : "";
    return `  server ${name} ${text(servers[name])} ${settings.server}${at === 0 ? drained : " backup"}`;
  };
  return [
    "global",
    `  maxconn ${MAX_CONNECTIONS}`,
    settings.globals,
    "defaults",
    "  mode http",
    "  option forwardfor",
    ...settings.defaults.map((line) => `  ${line}`),
    "frontend web",
    `  bind ${text(proxy)}`,
    "  default_backend servers",
    "backend servers",
    ...settings.backend.map((line) => `  ${line}`),
    ...layout.order.map(server),
    "",
  ].join("\n");
}
