import type { Socket } from "node:net";
import { NO_ENCRYPTION, readOpening } from "../../src/routes/proxy/postgres-messages.ts";

/** A message of a type, with a body. */
export function message(type: string, body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

export function openingPacket(code: number, body = ""): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, Buffer.from(body)]);
}

export const STARTUP = openingPacket(196_608, "user\0ana\0\0");
export const WISH_FOR_TLS = openingPacket(80_877_103);
export const CANCEL = openingPacket(80_877_102, "12345678");

/**
 * A server that greets each client with its own name, and answers a query `begin` in a transaction,
 * `slow` not at all, and everything else with its text. `heard` gets all opening codes.
 */
export function toyPostgres(name: string, heard: string[] = []): (socket: Socket) => void {
  return (socket) => {
    let hasStarted = false;
    let bytes = Buffer.alloc(0);
    socket.on("end", () => socket.end());
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (!hasStarted) {
        const found = readOpening(bytes);
        if (found === null || bytes.length < found.lengthBytes) return;
        heard.push(found.opening);
        bytes = bytes.subarray(found.lengthBytes);
        if (found.opening === "cancel") return void socket.end();
        if (found.opening === "tls") socket.write(NO_ENCRYPTION);
        else {
          hasStarted = true;
          socket.write(Buffer.concat([message("R", "\0\0\0\0"), message("S", `name\0${name}\0`), message("Z", "I")]));
        }
      }
      while (bytes.length >= 5 && bytes.length > bytes.readInt32BE(1)) {
        const end = bytes.readInt32BE(1) + 1;
        answer(socket, bytes.toString("latin1", 5, end - 1));
        bytes = bytes.subarray(end);
      }
    });
  };
}

function answer(socket: Socket, query: string): void {
  if (query === "slow") return;
  socket.write(Buffer.concat([message("C", `${query}\0`), message("Z", query === "begin" ? "T" : "I")]));
}

export function queryMessage(text: string): Buffer {
  return message("Q", `${text}\0`);
}
