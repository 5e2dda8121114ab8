import assert from "node:assert/strict";
import { test } from "node:test";
import { groupFor, type Rule } from "./rules.ts";

const rules: readonly Rule[] = [
  { host: "api.example.com", path: "/v2", group: "new" },
  { host: "api.example.com", path: null, group: "api" },
  { host: "*.example.com", path: null, group: "any" },
  { host: null, path: "/static", group: "files" },
];

test("the first rule that a request meets says where it goes", () => {
  assert.equal(groupFor(rules, "api.example.com", "/v2/x"), "new");
  assert.equal(groupFor(rules, "api.example.com", "/v1"), "api");
  assert.equal(groupFor(rules, "shop.example.com", "/static/a.css"), "any");
  assert.equal(groupFor(rules, "other.org", "/static/a.css"), "files");
  assert.equal(groupFor(rules, "other.org", "/"), null);
});

test("a host is the same in capitals, with a port and with a final dot; below it is not the host itself", () => {
  assert.equal(groupFor(rules, "API.Example.COM.:8080", "/"), "api");
  assert.equal(groupFor(rules, "a.b.example.com", "/"), "any");
  assert.equal(groupFor(rules, "example.com", "/"), null);
  assert.equal(groupFor(rules, "notexample.com", "/"), null);
});

test("a path is met in whole parts, and a query is none of it", () => {
  for (const target of ["/static", "/static?x=1", "/static/", "/static/a?b=/c"])
    assert.equal(groupFor(rules, "", target), "files", target);
  for (const target of ["/statics", "/", "/a/static", "*", "/?/static", "/STATIC"])
    assert.equal(groupFor(rules, "", target), null, target);
});
