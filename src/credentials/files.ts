import { join } from "node:path";

/** Where a node's credentials are: the authority's certificate, the node's, and its key. */
export function filesOf(directory: string, node: string): readonly [ca: string, cert: string, key: string] {
  return [join(directory, "ca.crt"), join(directory, `${node}.crt`), join(directory, `${node}.key`)];
}
