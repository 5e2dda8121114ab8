import type { Scene } from "./focus.ts";
import { mutant, type Mutant } from "./mutant.ts";

const { ACTIONS, SERVICE } = { ACTIONS: "sim/actions.ts", SERVICE: "sim/service.ts" } as const;

/** A primary goes on in a new term in its own place while nobody is there to note that for the standbys. */
const RESTARTED_IN_PLACE: readonly Scene[] = [
  ["agent is gone for a while", 1000, 5000, 1],
  ["agent is gone for a while", 1000, 5000, 2],
  ["server dies", 1500, 10, 0],
];

/** What the driver of a service promises: the same steps, as the simulator has them. */
export const DRIVER: readonly Mutant[] = [
  mutant(
    "forks-not-durable",
    "positions: the table of forks is written before the first byte of a term",
    ACTIONS,
    '    this.#standby("follow").disk.forks = forks;\n',
    "",
    {
      faults: [
        "cut off from peers and store",
        "cut off from one peer",
        "server dies",
        "host loses power",
        "agent dies",
      ],
    },
  ),
  mutant(
    "forks-after-connecting",
    "positions: the table of forks is written before the first byte of a term",
    ACTIONS,
    `    this.#standby("follow").disk.forks = forks;
    await this.#step("follow: connection");
    this.#standby("follow").upstream = { from, term };
    server.stream?.breakOff();
    server.stream = null;
    server.receiveNow();
    await this.#step("follow: reloaded");`,
    `    this.#standby("follow").upstream = { from, term };
    server.stream?.breakOff();
    server.stream = null;
    server.receiveNow();
    await this.#step("follow: connection", 50);
    this.#standby("follow").disk.forks = forks;
    await this.#step("follow: reloaded");`,
    {
      faults: [
        "agent dies",
        "agent is stopped",
        "agents of all are stopped shortly",
        "server dies",
        "host loses power",
        "cut off from one peer",
      ],
      traps: true,
    },
  ),
  mutant(
    "forks-not-learned",
    "positions: terms that arrived while the agent was away are noted",
    SERVICE,
    "    if (isSealed) disk.forks = learned(disk, this.#server.offset);\n",
    "",
    { faults: [], story: RESTARTED_IN_PLACE },
  ),
  mutant(
    "forks-without-first-entries",
    "positions: a term is learned by its first entry only",
    "services/postgres/late-forks.ts",
    "if (unknown.length === 0 || unknown.length !== later.length) return forks;",
    "if (unknown.length === 0) return forks;",
    {
      faults: [],
      story: [
        ["agent is gone for a while", 1000, 2400, 1],
        ["agent is gone for a while", 1000, 2400, 2],
        ["server dies", 1500, 10, 0],
        ["server dies", 3050, 10, 0],
      ],
      traps: { step: "promote: first entry", member: "a", at: 2, how: "die before" },
    },
  ),
  mutant(
    "end-told-too-early",
    "5: the end is told once all that was received is on disk and replayed",
    SERVICE,
    "isSealed && !isReplayHeld && disk.flushed === disk.log.length ? this.#position() : null",
    "isSealed ? this.#position() : null",
    {
      faults: [],
      story: [
        ["replay is held up", 500, 16000, 1],
        ["replay is held up", 500, 16000, 2],
        ["host loses power", 6500, 8000, 0],
      ],
    },
  ),
  mutant(
    "end-told-while-stopping",
    "11: a primary's end is told once its last checkpoint is written",
    SERVICE,
    'state: "stopping", position: disk.isClean ? this.#position() : null',
    'state: "stopping", position: this.#position()',
    { faults: ["operator switches over", "disk is slow", "host loses power", "agent is asked to leave"] },
  ),
  mutant(
    "rule-proven-too-early",
    "9: a rule is proven once every process has it",
    ACTIONS,
    "    server.proof = null;\n    server.rules = [...",
    "    server.proof = { rule, offset: server.disk.flushed * ENTRY_BYTES };\n    server.rules = [...",
    {
      faults: ["agent dies", "cut off from one peer", "server dies", "server is stopped", "agent dies"],
      traps: true,
    },
  ),
  mutant(
    "rule-proven-from-the-start",
    "9: the proof says how far was written when it was confirmed",
    ACTIONS,
    "server.proof = { rule, offset: server.disk.flushed * ENTRY_BYTES };",
    "server.proof = { rule, offset: 0 };",
  ),
  mutant(
    "promoted-under-the-old-rule",
    "6: the new rule is in force before the promotion",
    ACTIONS,
    '    this.#standby("promote").rules = [rule];\n',
    '    this.#standby("promote").rules = [{ need: 0, of: [] }];\n',
  ),
  mutant(
    "copy-keeps-its-name",
    "an incarnation changes when the data may have become less",
    ACTIONS,
    `      state: "whole",
      incarnation: this.#world.newIncarnation(),
      dataId: source.disk.dataId,`,
    `      state: "whole",
      incarnation: disk.incarnation,
      dataId: source.disk.dataId,`,
  ),
  mutant(
    "standby-without-term",
    "positions: a standby's name towards the primary contains the term",
    "sim/server.ts",
    "s.flushed >= count && s.term === term",
    "s.flushed >= count",
    {
      faults: [],
      story: [
        ["agent is gone for a while", 1000, 8000, 1],
        ["agent is gone for a while", 1000, 2200, 2],
        ["disk is slow", 2000, 7000, 2, 0.3],
        ["server dies", 1500, 10, 0],
      ],
    },
  ),
];
