import { BlockList, isIP } from "node:net";

/** The addresses and networks that `texts` name, such as `10.0.0.1` and `10.0.0.0/8`. */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", bits] = text.split("/");
    const isV6 = isIP(address) === 6;
    list.addSubnet(address, bits === undefined ? (isV6 ? 128 : 32) : Number(bits), isV6 ? "ipv6" : "ipv4");
  }
  return list;
}
