import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Check, CheckResult } from "./check.ts";

/** What is asked, and which answers are good. */
export interface HttpCheckOptions {
  readonly method: "GET" | "HEAD";
  readonly path: string;
  /** The `Host` that is asked for; `null`: the address. */
  readonly host: string | null;
  /** Which status is good. */
  readonly isGoodStatus: (status: number) => boolean;
  /** A header that the answer must have, with this text in it; `null`: none. */
  readonly header: { readonly name: string; readonly contains: string } | null;
  /** Text that the first 64 kB of the body must have; `null`: none. */
  readonly body: string | null;
  /** Asks by TLS; the certificate must be valid for so many days more. `null`: without TLS. */
  readonly tls: { readonly minDays: number; readonly ca: string | null } | null;
}

const MAX_BODY_BYTES = 64 * 1024;
const DAY_MS = 86_400_000;

/** Whether `address` answers a request as it should. Each try is a connection of its own: a server that takes none is found out. */
export function httpCheck(address: Address, options: HttpCheckOptions, clock: Clock): Check {
  let cutOff = (): void => undefined;
  return {
    run(deadlineMs) {
      const startedMs = clock.nowMs();
      return new Promise<CheckResult>((resolve) => {
        const settle = (ok: boolean, text: string): void => {
          cancel();
          request.destroy();
          resolve({ ok, text, tookMs: clock.nowMs() - startedMs });
        };
        const request = open(address, options, (response) => judge(response, options, clock, settle));
        request.on("error", (error) => settle(false, error.message));
        const cancel = clock.after(deadlineMs, () => settle(false, `no answer in ${deadlineMs} ms`));
        cutOff = () => settle(false, "the check was ended");
        request.end();
      });
    },
    close: () => cutOff(),
  };
}

function open({ host, port }: Address, options: HttpCheckOptions, then: (response: IncomingMessage) => void) {
  const { method, path, tls } = options;
  const headers = { "user-agent": "understudy check", ...(options.host !== null && { host: options.host }) };
  if (tls === null) return plainRequest({ host, port, method, path, headers, agent: new PlainAgent() }, then);
  const name = options.host?.replace(/:\d+$/, "") ?? host;
  const more = { ...(isIP(name) === 0 && { servername: name }), ...(tls.ca !== null && { ca: tls.ca }) };
  return tlsRequest({ host, port, method, path, headers, agent: false, ...more }, then);
}

function judge(
  response: IncomingMessage,
  { isGoodStatus, header, body, tls }: HttpCheckOptions,
  clock: Clock,
  settle: (ok: boolean, text: string) => void,
): void {
  const status = response.statusCode ?? 0;
  if (!isGoodStatus(status)) return settle(false, `it answers ${status}`);
  if (header !== null && !String(response.headers[header.name.toLowerCase()] ?? "").includes(header.contains))
    return settle(false, `its header ${header.name} has no "${header.contains}"`);
  const daysLeft = tls === null ? null : daysOf(response.socket as TLSSocket, clock.wallMs());
  if (tls !== null && daysLeft !== null && daysLeft < tls.minDays)
    return settle(false, `its certificate ends in ${Math.floor(daysLeft)} days`);
  if (body === null) return settle(true, `answered ${status}`);
  findIn(response, body, settle);
}

function daysOf(socket: TLSSocket, wallMs: number): number {
  return (Date.parse(socket.getPeerCertificate().valid_to) - wallMs) / DAY_MS;
}

function findIn(response: IncomingMessage, wanted: string, settle: (ok: boolean, text: string) => void): void {
  let seen = "";
  response.setEncoding("utf8");
  response.on("data", (part: string) => {
    seen += part;
    if (seen.includes(wanted)) settle(true, `answered ${response.statusCode ?? 0}`);
    else if (seen.length > MAX_BODY_BYTES) settle(false, `its body has no "${wanted}" so far`);
  });
  response.on("end", () => settle(false, `its body has no "${wanted}"`));
  response.on("error", (error) => settle(false, error.message));
}
