/** What a node shows to the others, and by what it knows them: texts in PEM format. */
export interface Credentials {
  /** The certificate of the cluster's authority, the only one that is believed. */
  readonly ca: string;
  /** The node's own certificate, with its name as common name and the cluster's as organization. */
  readonly cert: string;
  readonly key: string;
}
