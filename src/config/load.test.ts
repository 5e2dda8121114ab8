import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { UserError } from "../lib/failure.ts";
import { checkConfig, checkText, loadConfig } from "./load.ts";
import { loadConfigApart } from "./load-apart.ts";
import { describeProblem } from "./problem.ts";

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.yaml`, import.meta.url));
const quickstart = await readFile(example("quickstart"), "utf8");

type Change = readonly [from: string, to: string];

/** What is said about the quickstart after some of its text was replaced. */
function said(...changes: readonly Change[]): readonly string[] {
  let text = quickstart;
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `the quickstart has no ${from}`);
    text = text.replace(from, to);
  }
  return checkText("/etc/u.yaml", text).problems.map((problem) =>
    describeProblem(problem).replace(/^.*?u\.yaml:\d+:\d+: /, ""),
  );
}

test("every example is valid", async () => {
  for (const name of ["quickstart", "preferred", "asynchronous", "adopt", "checks", "heartbeats", "etcd"])
    assert.deepEqual((await checkConfig(example(name))).problems, [], name);
});

test("loadConfig() fills in defaults and makes paths absolute", async () => {
  const config = await loadConfig(example("quickstart"));
  const here = fileURLToPath(new URL("../../examples", import.meta.url));
  assert.deepEqual(config.store, { kind: "sqlite", file: `${here}/quickstart/store.db` });
  assert.deepEqual(config.nodes["a"]?.api, { host: "127.0.0.1", port: 7601 });
  const group = config.groups["main"];
  assert.deepEqual(group?.durability, { lossless: "strict", need: 1, of: ["a", "b", "c"] });
  assert.deepEqual(group?.members["b"], {
    member: "b",
    address: { host: "127.0.0.1", port: 5442 },
    from: ["127.0.0.1"],
    priority: 50,
    follows: null,
    delayMs: 0,
    data: `${here}/quickstart/b/main/data`,
  });
  const [route] = group?.routes ?? [];
  assert.equal(route?.name, "main");
  assert.equal(route?.kind === "proxy" && route.holdMs, 30_000);
  assert.deepEqual(config.takeover, { leaseMs: 2000, drainMs: 5000 });
});

test("nodes on different hosts may have the same directory and the same loopback address, others may not", () => {
  const text = (hosts: readonly string[]): string => `
cluster: apart
store: { etcd: { endpoints: [192.0.2.1:2379] } }
nodes:
  a: { directory: /var/lib/understudy, api: 127.0.0.1:7600 }
  b: { directory: /var/lib/understudy, api: 127.0.0.1:7600 }
groups:
  main:
    service: { postgres: {} }
    members: { a: { address: "${hosts[0]}:5432" }, b: { address: "${hosts[1]}:5432" } }
`;
  const problemsWith = (...hosts: readonly string[]): readonly string[] =>
    checkText("/etc/u.yaml", text(hosts)).problems.map(describeProblem);
  assert.deepEqual(problemsWith("192.0.2.1", "192.0.2.2"), []);
  assert.match(problemsWith("127.0.0.1", "127.0.0.2").join(), /is also nodes\.a\.directory/);
  assert.match(problemsWith("192.0.2.1", "192.0.2.1").join(), /port 7600 of "127\.0\.0\.1" is nodes\.a\.api already/);
});

test("clients come in from addresses and networks, and from nothing else", () => {
  const from = (clients: string): Change => ["database: app", `database: app, clients: [${clients}]`];
  const [was, is] = from("192.0.2.7, 10.0.0.0/8, fd00::1");
  const service = checkText("/etc/u.yaml", quickstart.replace(was, is)).config?.groups["main"]?.service;
  assert.deepEqual(service?.kind === "postgres" && service.clients, ["192.0.2.7/32", "10.0.0.0/8", "fd00::1/128"]);
  for (const wrong of ["somewhere", "10.0.0.0/33", "10.0.0.0/8/8"])
    assert.match(said(from(wrong)).join(), /an IP address or a network, such as 192\.0\.2\.7/, wrong);
});

test("heartbeats share a key beside the store, unless the file names a place for it", async () => {
  const config = await loadConfig(example("heartbeats"));
  const here = fileURLToPath(new URL("../../examples", import.meta.url));
  assert.deepEqual(config.nodes["b"]?.heartbeat, { host: "127.0.0.1", port: 7662 });
  assert.deepEqual(config.heartbeats, { keyFile: `${here}/heartbeats/store.db.heartbeat-key`, makeKey: true });
  const text = `${await readFile(example("heartbeats"), "utf8")}heartbeats: { key: /etc/understudy/key }\n`;
  assert.deepEqual(checkText("/etc/u.yaml", text).config?.heartbeats, {
    keyFile: "/etc/understudy/key",
    makeKey: false,
  });
});

const ETCD: Change = [
  "{ sqlite: ./quickstart/store.db }",
  "{ etcd: { endpoints: [ '10.0.0.1:2379', '[::1]:2379' ] } }",
];

test("a store in etcd has a prefix of its own, and times that follow from the lease", () => {
  const plain = checkText("/etc/u.yaml", quickstart.replace(...ETCD)).config;
  assert.deepEqual(plain?.store, {
    kind: "etcd",
    endpoints: [
      { host: "10.0.0.1", port: 2379 },
      { host: "::1", port: 2379 },
    ],
    prefix: "/understudy/quickstart",
    tls: null,
    login: null,
    leaseMs: 2000,
  });
  const store = "{ etcd: { endpoints: [ 'a:1' ], prefix: /x/y, tls: { ca: ca.crt }, user: u, passwordFile: /p } }";
  const full = checkText("/etc/u.yaml", quickstart.replace(ETCD[0], store)).config;
  assert.deepEqual(full?.store, {
    kind: "etcd",
    endpoints: [{ host: "a", port: 1 }],
    prefix: "/x/y",
    tls: { ca: "/etc/ca.crt", cert: null, key: null },
    login: { user: "u", passwordFile: "/p" },
    leaseMs: 2000,
  });
});

test("etcd's settings must be right and belong together", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["{ endpoints: [] }", "store.etcd.endpoints cannot be an empty list; expected at least one address"],
    [
      "{ endpoints: [ 'a:1' ], prefix: /x/ }",
      'store.etcd.prefix cannot be "/x/"; expected a key without a slash at its end, such as /understudy/main',
    ],
    [
      "{ endpoints: [ 'a:1' ], tls: { cert: c } }",
      "cert has no meaning without key; expected key in store.etcd.tls, too",
    ],
    [
      "{ endpoints: [ 'a:1' ], user: u }",
      "user has no meaning without passwordFile; expected passwordFile in store.etcd, too",
    ],
  ];
  for (const [etcd, expected] of cases) assert.deepEqual(said([ETCD[0], `{ etcd: ${etcd} }`]), [expected]);
  const heartbeats: readonly Change[] = [1, 2, 3].map((i) => [
    `api: 127.0.0.1:760${i}`,
    `heartbeat: 127.0.0.1:760${i}`,
  ]);
  assert.deepEqual(said(ETCD, ...heartbeats), [
    "heartbeat needs a key that all nodes share, since the store is etcd; expected credentials, or the file of one in heartbeats.key (`openssl rand -hex 32`)",
  ]);
});

test("a profile is a lease by another name", () => {
  const leaseOf = (takeover: string): number | undefined =>
    checkText("/etc/u.yaml", quickstart.replace("{ lease: 2s }", takeover)).config?.takeover.leaseMs;
  assert.equal(leaseOf("{}"), 2000);
  assert.equal(leaseOf("{ profile: fast }"), 1000);
  assert.equal(leaseOf("{ profile: balanced }"), 2000);
  assert.equal(leaseOf("{ profile: wan }"), 5000);
  assert.equal(leaseOf("{ lease: 700ms }"), 700);
});

test("heartbeats of some nodes, nowhere to send them, and two leases are mistakes", () => {
  const cases: readonly (readonly [readonly Change[], string])[] = [
    [
      [["api: 127.0.0.1:7601 }", "heartbeat: 127.0.0.1:7601 }"]],
      'heartbeat is missing here, and "a" has one; expected an address for heartbeats in all nodes or in none',
    ],
    [
      [["takeover: {", "heartbeats: { key: ./key }\ntakeover: {"]],
      "key has no meaning here: no node has an address for heartbeats; expected heartbeat in each node",
    ],
    [
      [["{ lease: 2s }", "{ lease: 2s, profile: fast }"]],
      "lease: 2s and profile: fast both say how long the lease is; expected one of the two",
    ],
    [
      [["{ lease: 2s }", "{ profile: quick }"]],
      'takeover.profile cannot be "quick"; expected one of fast, balanced, wan',
    ],
  ];
  for (const [changes, expected] of cases) assert.equal(said(...changes)[0], expected);
  const all: readonly Change[] = ["a", "b", "c"].map((node, i) => [
    `api: 127.0.0.1:760${i + 1}`,
    `heartbeat: ${node === "c" ? "0.0.0.0" : "127.0.0.1"}:760${node === "b" ? 1 : i + 1}`,
  ]);
  assert.deepEqual(said(...all), [
    'port 7601 of "127.0.0.1" is nodes.a.heartbeat already; expected a port of its own',
    'nodes.c.heartbeat is "0.0.0.0", to which nobody can send; expected the address by which the other nodes reach this one',
  ]);
});

test("loadConfigApart() gives the same as loadConfig()", async () => {
  assert.deepEqual(await loadConfigApart(example("adopt")), await loadConfig(example("adopt")));
});

test("a missing file is named", async () => {
  await assert.rejects(loadConfig("/no/such.yaml"), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^\/no\/such.yaml: there is no such file/);
    return true;
  });
});

test("all problems are reported at once, in the order of the file, each with its place", () => {
  const { problems } = checkText(
    "u.yaml",
    `cluster: Quick_Start
store: { sqllite: ./x }
nodes:
  a: { directory: ./a, api: 7601 }
  b:
groups:
  main:
    service: { postgres: {} }
    lossless: false
    members:
      a: { priority: 101 }
    checks: [ { sql: { timeout: 2 sec } } ]
gruops: {}
`,
  );
  assert.deepEqual(problems.map(describeProblem), [
    'u.yaml:1:10: cluster cannot be "Quick_Start"; did you mean "quick-start"; expected a name of 1 to 24 lower-case letters, digits and hyphens',
    'u.yaml:2:10: unknown setting "sqllite" in store; did you mean "sqlite"; expected one of sqlite, etcd',
    'u.yaml:4:29: nodes.a.api cannot be 7601; did you mean "127.0.0.1:7601"; expected a host and a port, such as 127.0.0.1:5441 or [::1]:5441',
    "u.yaml:5:5: nodes.b cannot be empty; expected a node's settings, at least its directory",
    'u.yaml:9:15: groups.main.lossless cannot be false; did you mean "off"; expected one of strict, preferred, off',
    "u.yaml:11:7: missing groups.main.members.a.address; expected a host and a port, such as 127.0.0.1:5441 or [::1]:5441",
    "u.yaml:11:22: groups.main.members.a.priority cannot be 101; expected a whole number from 0 to 100",
    'u.yaml:12:33: groups.main.checks[0].sql.timeout cannot be "2 sec"; did you mean "2s"; expected a duration with its unit, such as 300ms, 1.5s or 2m',
    'u.yaml:13:1: unknown setting "gruops"; did you mean "groups"; expected one of cluster, store, nodes, credentials, groups, guard, heartbeats, takeover',
  ]);
});

test("what is no YAML is reported as that alone", () => {
  const cases: readonly (readonly [text: string, expected: string])[] = [
    ["", "u.yaml:1:1: the file cannot be empty; expected a mapping with cluster, store, nodes and groups"],
    ["a: 1\na: 2\n", "u.yaml:2:1: not valid YAML: Map keys must be unique"],
    ["a: 1\n---\nb: 1\n", "u.yaml:2:1: not valid YAML: a second document begins here; expected one"],
  ];
  for (const [text, expected] of cases)
    assert.deepEqual(checkText("u.yaml", text).problems.map(describeProblem), [expected]);
});

test("settings must make sense together", () => {
  const cases: readonly (readonly [changes: readonly Change[], expected: readonly string[]])[] = [
    [
      [["need: 1", "need: 3"]],
      ['need: 3 can never be met while "a" is primary: only 2 others count; expected at most 2, or more members'],
    ],
    [[["need: 1", "of: [a, bb]"]], ['of names "bb", which is no member; expected one of a, b, c']],
    [
      [
        ["lossless: strict", "lossless: off"],
        ["    need: 1", "    #"],
      ],
      ["lossless: off needs maxLoss; expected how much a takeover may lose by itself, such as maxLoss: 16MB"],
    ],
    [
      [["need: 1", "maxLoss: 1MB"]],
      ["maxLoss has no meaning here: with lossless: strict nothing may be lost; expected it with lossless: off only"],
    ],
    [[["      c: { address", "      d: { address"]], ['members names "d", which is no node; expected one of a, b, c']],
    [
      [["127.0.0.1:7602", "192.0.2.1:7602"]],
      [
        'nodes.b.api cannot be on "192.0.2.1": whoever reaches it can read everything; did you mean "127.0.0.1:7602"; expected a loopback address',
      ],
    ],
    [
      [["127.0.0.1:5442", "localhost:5441"]],
      ['port 5441 of "localhost" is groups.main.members.a.address already; expected a port of its own'],
    ],
    [
      [["127.0.0.1:5439", "0.0.0.0:5443"]],
      ['port 5443 of "0.0.0.0" is groups.main.members.c.address already; expected a port of its own'],
    ],
    [
      [["./quickstart/b", "./quickstart/a"]],
      ['"/etc/quickstart/a" is also nodes.a.directory; expected a directory of its own'],
    ],
    [
      [["./quickstart/b", "./quickstart/a/x"]],
      ['"/etc/quickstart/a/x" lies within "/etc/quickstart/a" of nodes.a.directory; expected a directory of its own'],
    ],
    [
      [["priority: 100", "data: ./quickstart/b/data"]],
      [
        '"/etc/quickstart/b/data" lies within "/etc/quickstart/b" of nodes.b.directory; expected a directory of its own',
      ],
    ],
    [
      [["shared_buffers: 64MB", "fsync: off"]],
      ["fsync: off breaks lossless: strict; expected one of on, true, yes, 1"],
    ],
    [
      [["shared_buffers", "port"]],
      [`"port" cannot be set here: it comes from the member's address; expected it left out`],
    ],
    [[["lease: 2s", "lease: 400ms"]], ['takeover.lease cannot be "400ms"; expected a duration from 500 ms to 1 min']],
  ];
  for (const [changes, expected] of cases) assert.deepEqual(said(...changes), expected);
});

test("a member that comes late only watches, and follows somebody who is there", () => {
  const late = (changes: string): readonly string[] => said(["priority: 100", changes]);
  assert.deepEqual(late("priority: 0, follows: x"), ['there is no member "x"; expected a member of the group']);
  assert.deepEqual(late("priority: 0, follows: a"), ['"a" cannot follow itself; expected another member']);
  assert.deepEqual(late("priority: 0, follows: b"), []);
  assert.deepEqual(late("delay: 1h"), [
    '"a" has a delay, so it cannot take over at once; expected priority: 0 beside it',
  ]);
});

test("the kernel leads from IPv4 addresses, and not from the network to a loopback address", () => {
  const proxy = "- proxy: { readWrite: 127.0.0.1:5440, readOnly: 127.0.0.1:5439, hold: 30s }";
  const kernel = (settings: string): Change => [proxy, `- kernel: { ${settings} }`];
  assert.deepEqual(said(kernel("listen: 127.0.0.1:5440, readOnly: 127.0.0.1:5439")), []);
  assert.deepEqual(said(kernel("listen: db.example:5440")), [
    '"db.example" is no address that the kernel can lead from; expected one IPv4 address of this host',
  ]);
  assert.deepEqual(said(kernel("listen: 127.0.0.1:5440, readOnly: 192.0.2.9:5439")), [
    'clients of 192.0.2.9 cannot be led to "a", which listens on 127.0.0.1; expected members at addresses that other hosts can reach, or a loopback address here as well',
  ]);
  assert.deepEqual(said(kernel("listen: 127.0.0.1:5441")), [
    'port 5441 of "127.0.0.1" is groups.main.members.a.address already; expected a port of its own',
  ]);
});

test("a route is of one kind", () => {
  const [text] = said(["- proxy: {", "- haproxy: { socket: ./s, backend: b }\n        proxy: {"]);
  assert.match(text ?? "", /a way for clients to the primary: one of proxy, http, kernel, haproxy/);
});

test("somebody must be able to become primary", () => {
  const text = quickstart.replace("priority: 100", "priority: 0").replaceAll(/(544[23]) }/g, "$1, priority: 0 }");
  const problems = checkText("u.yaml", text).problems.map((problem) => problem.text);
  assert.deepEqual(problems, [
    "no member may become primary: all have priority 0; expected a priority above 0 for one at least",
  ]);
});

test("names that every object has are not known settings", () => {
  const { problems } = checkText("u.yaml", quickstart.replace("cluster:", "constructor: 1\ncluster:"));
  assert.match(problems[0]?.text ?? "", /^unknown setting "constructor"; expected one of/);
});
