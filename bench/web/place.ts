import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../../src/config/config.ts";
import { Failure } from "../../src/lib/failure.ts";
import { Lan } from "../../test/hosts/lan.ts";
import { freePorts } from "../takeover/free-ports.ts";

/** The web servers; the first one is the active one. */
export const SERVERS = ["a", "b"] as const;
export type ServerName = (typeof SERVERS)[number];

/** The host with the proxy and the client. */
const CLIENT = "client";

/** Where everything of one run is: on this machine, or on three hosts of a network of their own. */
export interface Place {
  readonly proxy: Address;
  readonly servers: Readonly<Record<ServerName, Address>>;
  /** Starts a program where the proxy and the client are, or where a server is. */
  run(where: ServerName | "client", program: string, args: readonly string[], stdio: StdioOptions): ChildProcess;
  /** The server's host loses power. */
  powerOff(server: ServerName): void;
  end(): void;
}

/** All on the loopback interface. */
export async function localPlace(): Promise<Place> {
  const [proxy = 0, a = 0, b = 0] = await freePorts(3);
  const at = (port: number): Address => ({ host: "127.0.0.1", port });
  return {
    proxy: at(proxy),
    servers: { a: at(a), b: at(b) },
    run: (_where, program, args, stdio) => spawn(program, args, { stdio }),
    powerOff() {
      throw new Failure("Only a host can lose power.");
    },
    end: () => undefined,
  };
}

/** A host for each server; as root only. */
export function hostsPlace(): Place {
  const lan = new Lan([...SERVERS, CLIENT]);
  const at = (host: string, port: number): Address => ({ host: lan.host(host).address, port });
  return {
    proxy: at(CLIENT, 8080),
    servers: { a: at("a", 9001), b: at("b", 9001) },
    run: (where, program, args, stdio) => lan.host(where).run(program, args, { stdio }),
    powerOff: (server) => lan.host(server).powerOff(),
    end: () => lan.end(),
  };
}

/** Waits until something listens there, seen from this machine. */
export async function untilListening(address: Address, withinMs = 10_000): Promise<void> {
  const endAtMs = performance.now() + withinMs;
  while (!(await accepts(address))) {
    if (performance.now() > endAtMs) throw new Failure(`Nothing listens at ${address.host}:${address.port}.`);
    await sleep(20);
  }
}

function accepts(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, timeout: 500 });
    const settle = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
