import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findRoot } from "./place.ts";

const isRoot = process.getuid?.() === 0;

test("findRoot() stays in the checkout when the server's user can get there", async () => {
  const root = await mkdtemp(join(tmpdir(), "understudy-place-"));
  try {
    await chmod(root, 0o755);
    assert.equal(await findRoot(root), join(root, ".understudy"));
  } finally {
    await rm(root, { recursive: true });
  }
});

test("findRoot() goes elsewhere, always to the same place, when root's checkout is closed to others", async () => {
  const root = await mkdtemp(join(tmpdir(), "understudy-place-"));
  try {
    const checkout = join(root, "checkout");
    await mkdir(checkout);
    await chmod(root, 0o700);
    const place = await findRoot(checkout);
    if (isRoot) assert.match(place, /^\/var\/lib\/understudy\/quickstart-[0-9a-f]{8}$/);
    else assert.equal(place, join(checkout, ".understudy"));
    assert.equal(await findRoot(checkout), place);
  } finally {
    await rm(root, { recursive: true });
  }
});
