import { createServer } from "node:net";
import type { Address, Config } from "../config/config.ts";
import { addressesOfRoute } from "../config/route-addresses.ts";
import { UserError } from "../lib/failure.ts";

/** Whether one can listen on that address. */
export function isFree({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Rejects with a {@link UserError} that names every address of the configuration on which something else listens. */
export async function requireFreePorts(config: Config): Promise<void> {
  const checked = addressesOf(config).map(async (used) => ((await isFree(used.address)) ? null : used));
  const taken = (await Promise.all(checked)).filter((used) => used !== null);
  if (taken.length === 0) return;
  const which = taken.map(({ address, what }) => `  port ${address.port} of ${address.host}, ${what}`);
  throw new UserError(
    [
      `Another program already listens on ${taken.length === 1 ? "a port" : "ports"} that the quickstart needs:`,
      ...which,
      `Stop that program, or write other ports into ${config.file} and start again.`,
    ].join("\n"),
  );
}

interface Used {
  readonly address: Address;
  /** What it is for, as a person would say it. */
  readonly what: string;
}

function addressesOf(config: Config): readonly Used[] {
  const nodes = Object.values(config.nodes).flatMap(({ node, api }) =>
    api === null ? [] : [{ address: api, what: `for the HTTP interface of "${node}"` }],
  );
  const groups = Object.values(config.groups).flatMap(({ members, routes }) => [
    ...Object.values(members).map(({ member, address }) => ({ address, what: `for the database of "${member}"` })),
    ...routes
      .filter(({ kind }) => kind === "proxy")
      .flatMap(addressesOfRoute)
      .map(({ address, reads }) => ({ address, what: `where clients that ${reads ? "only read" : "write"} come in` })),
  ]);
  return [...groups, ...nodes];
}
