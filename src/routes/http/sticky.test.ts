import assert from "node:assert/strict";
import { test } from "node:test";
import { Sticky } from "./sticky.ts";

const sticky = new Sticky("srv.id");
const id = sticky.idOf("127.0.0.1:1");

test("a cookie among others names the server; what only looks like it does not", () => {
  for (const fields of [
    `Cookie: srv.id=${id}\r\n`,
    `Host: x\r\ncookie:a=b; srv.id=${id}; c=d\r\nAccept: */*\r\n`,
    `Host: x\r\nCOOKIE: a=b;srv.id=${id}\r\n`,
  ])
    assert.equal(sticky.askedFor(fields), id, fields);
  for (const fields of [
    "",
    `Cookie: srvxid=${id}\r\n`,
    `Cookie: xsrv.id=${id}\r\n`,
    `Cookie: srv.id=${id}0\r\n`,
    `Cookie: srv.id=\r\n`,
    `X-Cookie: srv.id=${id}\r\n`,
    `X: Cookie: srv.id=${id}\r\n`,
  ])
    assert.equal(sticky.askedFor(fields), "", fields);
});

test("a client that has the right cookie is not told again", () => {
  assert.equal(sticky.fieldFor("127.0.0.1:1", id), "");
  assert.match(
    sticky.fieldFor("127.0.0.1:2", id),
    /^Set-Cookie: srv\.id=[0-9a-f]{12}; Path=\/; HttpOnly; SameSite=Lax\r\n$/,
  );
});
