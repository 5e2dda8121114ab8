import { count, duration, oneOf, setting, settings, text } from "./words.ts";

const common = {
  interval: setting(duration(50, 3_600_000).default("1s"), {
    text: "From the end of one try to the start of the next.",
    lower: "Trouble is noticed sooner; the service is asked more often.",
    higher: "Less load; trouble is noticed later.",
  }),
  timeout: setting(duration(10, 60_000).default("1s"), {
    text: "A try without an answer by then has failed.",
    lower: "A hanging service is noticed sooner; a busy one may be taken for a failed one.",
    higher: "Slow answers are accepted; a hanging service is noticed later.",
  }),
  rise: setting(count(1, 100).default(2), {
    text: "So many good tries in a row make it `up`.",
    lower: "A member is trusted again sooner, also one that flaps.",
    higher: "A member must prove itself for longer.",
  }),
  fall: setting(count(1, 100).default(3), {
    text: "So many bad tries in a row make it `down`.",
    lower: "Trouble counts sooner, also a single hiccup.",
    higher: "Hiccups are ridden out; real trouble counts later.",
  }),
};

/** A check of a member's service. */
export const checkSchema = oneOf(
  {
    tcp: setting(settings(common, "the check's settings, {} for the defaults").optional(), {
      text: "Whether the member's address accepts a connection.",
    }),
    sql: setting(
      settings(
        {
          query: setting(text("a query such as select 1").default("select 1"), {
            text: "Run as the application's user; any result is good, an error or none in time is bad.",
          }),
          ...common,
        },
        "the check's settings, {} for the defaults",
      ).optional(),
      { text: "Whether the member answers a query." },
    ),
  },
  "a check",
);
