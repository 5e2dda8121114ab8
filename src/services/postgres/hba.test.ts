import assert from "node:assert/strict";
import { test } from "node:test";
import type { PostgresConfig } from "../../config/config.ts";
import { withHbaLines } from "./hba.ts";

const config: PostgresConfig = {
  kind: "postgres",
  programs: null,
  runAs: null,
  database: "shop",
  user: "shop",
  parameters: {},
  clients: [],
};
const members = { a: { host: "10.0.0.1", port: 5432 }, b: { host: "fd00::2", port: 5432 } };

test("withHbaLines() lets every user of a cluster of ours in from the group's addresses, with a password", () => {
  const text = withHbaLines("", { config, members, tls: null });
  assert.match(text, /^# understudy begin/);
  assert.match(text, /^host all all 10\.0\.0\.1\/32 scram-sha-256$/m);
  assert.match(text, /^host postgres,replication understudy_replication fd00::2\/128 scram-sha-256$/m);
  assert.doesNotMatch(text, /trust|peer/);
});

test("withHbaLines() lets clients in from where they are said to be, and no replication from there", () => {
  const text = withHbaLines("", { config: { ...config, clients: ["192.0.2.0/24"] }, members, tls: null });
  assert.match(text, /^host all all 192\.0\.2\.0\/24 scram-sha-256$/m);
  assert.doesNotMatch(text, /^host .*understudy_replication 192/m);
});

test("withHbaLines() leaves the other lines of an adopted cluster behind its own", () => {
  const text = withHbaLines("# theirs\nlocal all all peer\n", { config, members, tls: null });
  assert.match(text, /# understudy end\n# theirs\nlocal all all peer\n$/);
  assert.match(text, /^host "shop" "shop" 127\.0\.0\.1\/32 scram-sha-256$/m);
  assert.doesNotMatch(text, /^host all all/m);
});

test("withHbaLines() replaces its own lines as a whole", () => {
  const first = withHbaLines("local all all peer\n", { config, members, tls: null });
  assert.equal(withHbaLines(first, { config, members, tls: null }), first);
  const later = withHbaLines(first, { config, members: {}, tls: null });
  assert.doesNotMatch(later, /10\.0\.0\.1/);
  assert.equal(later.match(/understudy begin/g)?.length, 1);
});

test("withHbaLines() asks the members for a certificate besides the password, where they have credentials", () => {
  const tls = { ca: "", cert: "", key: "" };
  const text = withHbaLines("", { config, members, tls });
  assert.match(
    text,
    /^hostssl postgres,replication understudy_replication 10\.0\.0\.1\/32 scram-sha-256 clientcert=verify-ca$/m,
  );
  assert.match(text, /^host all,replication understudy_replication all reject$/m);
  assert.doesNotMatch(text, /^host postgres,replication/m);
});
