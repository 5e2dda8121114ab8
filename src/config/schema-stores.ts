import { z } from "zod";
import { address, list, oneOf, path, setting, settings, text } from "./words.ts";

const PREFIX_MEANS = "a key without a slash at its end, such as /understudy/main";

const prefix = z
  .string({ error: PREFIX_MEANS })
  .regex(/^(\/[A-Za-z0-9._-]+)+$/, { error: PREFIX_MEANS })
  .meta({ kind: "key" });

const tlsSchema = settings(
  {
    ca: setting(path().optional(), {
      text: "The certificate of the authority that signed etcd's certificates. Default: the authorities that Node knows.",
    }),
    cert: setting(path().optional(), { text: "The certificate that the agents show to etcd. With `key`." }),
    key: setting(path().optional(), { text: "Its key. It must not be readable by everybody." }),
  },
  "the files ca, cert and key, {} for authorities that are known anyway",
);

const etcdSchema = settings(
  {
    endpoints: setting(
      list(address(), "a list of addresses such as 10.0.0.1:2379").min(1, { error: "at least one address" }),
      { text: "Where etcd's members listen for clients: all of them, so that any may fail." },
    ),
    prefix: setting(prefix.optional(), {
      text: "All keys of this cluster begin with it and a slash; it is shared with nobody. Default: `/understudy/CLUSTER`.",
    }),
    tls: setting(tlsSchema.optional(), {
      text: "How connections are protected, by files in PEM format. They are read when a process starts. Default: without TLS.",
    }),
    user: setting(text("the name of a user of etcd").optional(), {
      text: "As whom the agents log in to etcd, with `passwordFile`. Default: nobody; etcd then knows them by their certificate or not at all.",
    }),
    passwordFile: setting(path().optional(), {
      text: "The file with that user's password in one line, readable by its owner alone.",
    }),
  },
  "etcd's settings, at least its endpoints",
);

/** Where the records and sessions are kept, by its kind. */
export const storeSchema = oneOf(
  {
    sqlite: setting(path().optional(), {
      text: "The file of the embedded store. All agents of the cluster are on this machine and share it; the file must be on a local disk.",
    }),
    etcd: setting(etcdSchema.optional(), {
      text: "A cluster of etcd, version 3.4 to 3.6, whose members are on other machines than each other: the agents can then be on machines of their own. See [store.md](store.md).",
    }),
  },
  "the store",
);
