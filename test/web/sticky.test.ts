import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServers, startWebProxy, upstreamAt, type WebServer } from "./world.ts";

test(
  "a cookie binds a client to its server as long as that is good, and then to the next",
  { timeout: 30_000 },
  async (t) => {
    const [a, b] = (await startServers(t, "a", "b")) as [WebServer, WebServer];
    const { proxy, port } = await startWebProxy(t, [a.port, b.port], {}, { sticky: "srv" });
    proxy.setServers([upstreamAt(a.port, 0), upstreamAt(b.port, 0)]);
    const first = await get(port);
    const cookie = String(first.headers["set-cookie"]).split(";")[0] ?? "";
    assert.match(cookie, /^srv=[0-9a-f]{12}$/);
    for (let i = 0; i < 30; i++) {
      const again = await get(port, { headers: { cookie: `other=1; ${cookie}` } });
      assert.equal(again.text, first.text);
      assert.equal(again.headers["set-cookie"], undefined);
    }
    const others = await Promise.all(Array.from({ length: 30 }, () => get(port)));
    assert.ok(
      others.some(({ text }) => text !== first.text),
      "those without a cookie are shared out",
    );
    await (first.text === "a" ? a : b).kill();
    const moved = await get(port, { headers: { cookie } });
    assert.equal(moved.status, 200);
    assert.notEqual(moved.text, first.text);
    assert.match(String(moved.headers["set-cookie"]), /^srv=/);
    const unknown = await get(port, { headers: { cookie: "srv=000000000000" } });
    assert.equal(unknown.status, 200);
  },
);
