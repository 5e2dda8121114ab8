/** What `understudy agent` can be told besides the configuration. */
export interface AgentOptions {
  /** A person says that the store, which looks older than before, is right. */
  readonly acceptStore: boolean;
}
