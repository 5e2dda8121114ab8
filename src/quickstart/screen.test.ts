import assert from "node:assert/strict";
import { test } from "node:test";
import { Screen } from "./screen.ts";

const recorder = (isTTY: boolean): { text: string; write(text: string): void; isTTY: boolean; columns: number } => ({
  text: "",
  isTTY,
  columns: 24,
  write(text) {
    this.text += text;
  },
});

test("without a terminal only the lines that stay are written", () => {
  const out = recorder(false);
  const screen = new Screen(out);
  screen.live(["a primary"]);
  screen.say("ready");
  assert.equal(out.text, "ready\n");
});

test("on a terminal the live lines are drawn anew, cut to its width", () => {
  const out = recorder(true);
  const screen = new Screen(out);
  screen.live(["one", "a line that is longer than the terminal"]);
  assert.equal(out.text, "one\na line that is longer …\n");
  out.text = "";
  screen.live(["two"]);
  assert.equal(out.text, "\x1b[2A\r\x1b[Jtwo\n");
});

test("lines that stay come above the live ones", () => {
  const out = recorder(true);
  const screen = new Screen(out);
  screen.live(["live"]);
  out.text = "";
  screen.say("stays");
  assert.equal(out.text, "\x1b[1A\r\x1b[Jstays\nlive\n");
});

test("live lines that did not change are not drawn again", () => {
  const out = recorder(true);
  const screen = new Screen(out);
  screen.live(["same"]);
  out.text = "";
  screen.live(["same"]);
  assert.equal(out.text, "");
});
