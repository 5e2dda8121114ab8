import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import { connect as plainConnect, isIP, type Socket } from "node:net";
import { connect as tlsConnect, type SecureContext, type TLSSocket } from "node:tls";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import type { Check, CheckResult } from "./check.ts";
import { decodeHttpHead, encodeHttpRequest, type HttpHead } from "./http-head.ts";
import { checkDaysLeft, contextOf, type TlsQuestion } from "./tls-question.ts";

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
  /** Asks by TLS; `null`: without. */
  readonly tls: TlsQuestion | null;
}

const MAX_BODY_BYTES = 64 * 1024;

type Settle = (ok: boolean, text: string) => void;

/** A request under way. */
interface Asking {
  destroy(): void;
}

/**
 * Whether `address` answers a request as it should. Each try is a connection of its own: a server that takes none is found
 * out. Only for a body does Node's client read the answer; it costs about twice as much as reading its head.
 */
export function httpCheck(address: Address, options: HttpCheckOptions, clock: Clock): Check {
  const ask = options.body === null ? askForHead : askForBody;
  let cutOff = (): void => undefined;
  return {
    run(deadlineMs) {
      const startedMs = clock.nowMs();
      return new Promise<CheckResult>((resolve) => {
        let asking: Asking | null = null;
        const settle: Settle = (ok, text) => {
          cancel();
          asking?.destroy();
          resolve({ ok, text, tookMs: clock.nowMs() - startedMs });
        };
        const cancel = clock.after(deadlineMs, () => settle(false, `no answer in ${deadlineMs} ms`));
        cutOff = () => settle(false, "the check was ended");
        try {
          asking = ask(address, options, clock, settle);
        } catch (error) {
          settle(false, messageOf(error));
        }
      });
    },
    close: () => cutOff(),
  };
}

function askForHead(address: Address, options: HttpCheckOptions, clock: Clock, settle: Settle): Asking {
  const request = encodeHttpRequest(
    options.method,
    options.path,
    options.host ?? textOf(address, options.tls !== null),
  );
  const socket = connectTo(address, options);
  let text = "";
  socket.setEncoding("latin1");
  socket.on("error", (error) => settle(false, error.message));
  socket.on("close", () => settle(false, text === "" ? "it hung up without an answer" : "it hung up amid its answer"));
  socket.on("data", (part: string) => {
    text += part;
    try {
      const head = decodeHttpHead(text);
      if (head !== null) settle(...verdictOf(head, socket, options, clock));
    } catch (error) {
      settle(false, messageOf(error));
    }
  });
  socket.write(request, "latin1");
  return socket;
}

function connectTo({ host, port }: Address, options: HttpCheckOptions): Socket {
  return options.tls === null ? plainConnect({ host, port }) : tlsConnect({ host, port, ...tlsOptions(host, options) });
}

function tlsOptions(
  address: string,
  { host, tls }: HttpCheckOptions,
): { servername?: string; secureContext?: SecureContext } {
  const name = host?.replace(/:\d+$/, "") ?? address;
  return { ...(isIP(name) === 0 && { servername: name }), ...(tls !== null && { secureContext: contextOf(tls) }) };
}

function textOf({ host, port }: Address, isTls: boolean): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === (isTls ? 443 : 80) ? name : `${name}:${port}`;
}

/** What the head of an answer says; `ok` may still hang on the body. */
function verdictOf(
  { status, header: valueOf }: HttpHead,
  socket: Socket,
  { isGoodStatus, header, tls }: HttpCheckOptions,
  clock: Clock,
): readonly [ok: boolean, text: string] {
  if (!isGoodStatus(status)) return [false, `it answers ${status}`];
  if (header !== null && !valueOf(header.name).includes(header.contains))
    return [false, `its header ${header.name} has no "${header.contains}"`];
  if (tls !== null) checkDaysLeft(socket as TLSSocket, tls.minDays, clock.wallMs());
  return [true, `answered ${status}`];
}

function askForBody(address: Address, options: HttpCheckOptions, clock: Clock, settle: Settle): Asking {
  const request = open(address, options, (response) => {
    try {
      const [ok, text] = verdictOf(headOf(response), response.socket, options, clock);
      if (ok) findIn(response, options.body ?? "", settle);
      else settle(ok, text);
    } catch (error) {
      settle(false, messageOf(error));
    }
  });
  request.on("error", (error) => settle(false, error.message));
  request.end();
  return request;
}

function open({ host, port }: Address, options: HttpCheckOptions, then: (response: IncomingMessage) => void) {
  const { method, path, tls } = options;
  const headers = { "user-agent": "understudy check", ...(options.host !== null && { host: options.host }) };
  if (tls === null) return plainRequest({ host, port, method, path, headers, agent: new PlainAgent() }, then);
  return tlsRequest({ host, port, method, path, headers, agent: false, ...tlsOptions(host, options) }, then);
}

function headOf({ statusCode = 0, headers }: IncomingMessage): HttpHead {
  return { status: statusCode, header: (name) => String(headers[name.toLowerCase()] ?? "") };
}

function findIn(response: IncomingMessage, wanted: string, settle: Settle): void {
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
