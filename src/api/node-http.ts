import type * as Http from "node:http";

/**
 * Node's HTTP. An `import` of it touches each of its exports, among them ones that load a whole HTTP client
 * which nobody here uses: 12 MB in each of our processes. This way it costs 4.
 */
export const http: typeof Http = process.getBuiltinModule("node:http");
