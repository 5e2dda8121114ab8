import { UserError } from "../lib/failure.ts";
import type { PostgresConfig, ServiceConfig } from "./config.ts";

/** The service of a group as PostgreSQL; throws a {@link UserError} when it is something else. */
export function asPostgres(service: ServiceConfig): PostgresConfig {
  if (service.kind === "postgres") return service;
  throw new UserError(`The service is a ${service.kind}, and PostgreSQL is needed here`);
}
