/** The shape of the names of clusters, nodes, groups and routes: they become parts of keys, files and server settings. */
export const NAME = /^[a-z0-9-]{1,24}$/;

/** The same in words. */
export const NAME_MEANS = "a name of 1 to 24 lower-case letters, digits and hyphens";
