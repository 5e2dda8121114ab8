import { isIP } from "node:net";

/** Whether it is an IP address, or one with the length of its network. */
export function isNetwork(given: string): boolean {
  const [host = "", bits, ...more] = given.split("/");
  const version = isIP(host);
  const most = version === 6 ? 128 : 32;
  return version !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}
