import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Target } from "../../../src/quickstart/client/connection.ts";
import type { Lan } from "../../../test/hosts/lan.ts";
import type { Supervised } from "../../takeover/supervised.ts";
import type { Deployment } from "../deployment.ts";
import type { PatroniObserved } from "../observer-messages.ts";
import { CLIENT, endpointsOf, ETCD_PORT, MEMBERS, PROXY_PORT } from "../place.ts";
import { unitOn } from "../unit.ts";
import { writeHaproxyFile } from "./haproxy-file.ts";
import { API_PORT, LEADER_KEY, SERVER_USER, writePatroniFiles, type Passwords } from "./patroni-files.ts";
import type { PatroniSettings } from "./patroni-settings.ts";

/** Patroni beside each server, and HAProxy for the clients. */
export class PatroniDeployment implements Deployment {
  readonly members: readonly string[] = MEMBERS;
  readonly observed: PatroniObserved;
  readonly #lan: Lan;
  readonly #programs: string;
  readonly #settings: PatroniSettings;
  readonly #passwords: Passwords;

  /** `programs`: the directory of PostgreSQL's. */
  constructor(lan: Lan, programs: string, settings: PatroniSettings) {
    const password = (): string => randomBytes(16).toString("hex");
    this.#lan = lan;
    this.#programs = programs;
    this.#settings = settings;
    this.#passwords = {
      superuser: password(),
      replication: password(),
      rewind: password(),
      application: password(),
    };
    this.observed = {
      kind: "patroni",
      etcds: endpointsOf(lan, ETCD_PORT),
      apis: endpointsOf(lan, API_PORT),
      leaderKey: LEADER_KEY,
      target: this.#loginAt(lan.host(CLIENT).address, PROXY_PORT),
    };
  }

  agentOn(member: string): Supervised {
    const { directory, file } = writePatroniFiles(this.#lan, member, this.#programs, this.#settings, this.#passwords);
    const options = { user: SERVER_USER, cwd: directory, env: { HOME: directory } };
    return unitOn(this.#lan.host(member), this.#log(`patroni-${member}`), "patroni", [file], options);
  }

  proxy(): Supervised {
    const file = writeHaproxyFile(this.#lan, this.#settings);
    return unitOn(this.#lan.host(CLIENT), this.#log("haproxy"), "haproxy", ["-db", "-f", file]);
  }

  login(host: string, port: number): Promise<Target> {
    return Promise.resolve(this.#loginAt(host, port));
  }

  #loginAt(host: string, port: number): Target {
    return { host, port, user: "app", database: "app", password: this.#passwords.application };
  }

  #log(name: string): string {
    return join(this.#lan.run.directory, `${name}.log`);
  }
}
