import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsFor, serversIn, type ServerState, type Wanted } from "./servers.ts";

const ANSWER = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 db 1 a 127.0.0.1 2 4 1
3 db 2 b 127.0.0.1 0 5 1
3 db 3 hold 127.0.0.1 2 0 1

# pxname,svname,qcur,qmax,scur,smax,
db,a,0,0,3,4,
db,b,0,0,0,4,
db,hold,0,0,0,0,

`;

test("serversIn() reads states and sessions from HAProxy's answer", () => {
  assert.deepEqual(serversIn(ANSWER), [
    { name: "a", isReady: true, isDisabledAtStart: true, sessions: 3 },
    { name: "b", isReady: false, isDisabledAtStart: true, sessions: 0 },
    { name: "hold", isReady: true, isDisabledAtStart: false, sessions: 0 },
  ]);
  assert.equal(serversIn("Can't find backend.\n\n"), null);
});

test("commandsFor() closes before it opens, cuts who may not stay, and says nothing when all is as it should be", () => {
  const server = (name: string, isReady: boolean, sessions = 0): ServerState => ({
    name,
    isReady,
    sessions,
    isDisabledAtStart: true,
  });
  const wanted: Wanted = { ready: "a", stay: "a", isNewTerm: false, hold: "hold" };
  const commands = (change: Partial<Wanted>, ...servers: readonly ServerState[]) =>
    commandsFor("db", ["a", "b"], [...servers, server("stranger", true, 5)], { ...wanted, ...change });
  const led = [server("a", true, 3), server("b", false), server("hold", false)];
  assert.deepEqual(commands({}, ...led), []);
  assert.deepEqual(commands({ ready: "b", stay: "b" }, ...led), [
    "set server db/a state maint",
    "shutdown sessions server db/a",
    "set server db/b state ready",
  ]);
  assert.deepEqual(commands({ ready: null, stay: null }, ...led), [
    "set server db/a state maint",
    "set server db/hold state ready",
    "shutdown sessions server db/a",
  ]);
  assert.deepEqual(commands({ ready: null }, ...led), [
    "set server db/a state maint",
    "set server db/hold state ready",
  ]);
  assert.deepEqual(commands({ isNewTerm: true }, ...led), [
    "set server db/a state maint",
    "shutdown sessions server db/a",
    "set server db/a state ready",
  ]);
  assert.deepEqual(commands({}, server("a", false), server("b", true, 1), server("hold", true)), [
    "set server db/b state maint",
    "shutdown sessions server db/b",
    "set server db/a state ready",
    "set server db/hold state maint",
  ]);
  assert.deepEqual(commands({}, server("a", true), server("b", false, 2)), ["shutdown sessions server db/b"]);
});
