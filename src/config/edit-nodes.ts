import { isMap, parseDocument, type Document } from "yaml";
import { Failure } from "../lib/failure.ts";

/** A host that joins, and the node that it resembles: it gets the same ports, directory and groups. */
export interface NewNode {
  readonly node: string;
  readonly like: string;
  /** By which the others reach it. */
  readonly host: string;
  readonly zone: string | null;
}

type Settings = Readonly<Record<string, unknown>>;

/** The text of a configuration with another node and its members; whatever else stands in it stays, with its comments. */
export function withNode(text: string, { node, like, host, zone }: NewNode): string {
  const document = parseDocument(text);
  const model = settingsAt(document, ["nodes", like]);
  if (model === null) throw new Failure(`The configuration has no node "${like}" to go by.`);
  const at = (address: unknown): string => `${host.includes(":") ? `[${host}]` : host}:${portOf(address)}`;
  const own: Record<string, unknown> = { directory: model["directory"] };
  for (const name of ["heartbeat", "peer"]) if (model[name] !== undefined) own[name] = at(model[name]);
  if (model["api"] !== undefined) own["api"] = model["api"];
  if (zone !== null) own["zone"] = zone;
  document.setIn(["nodes", node], document.createNode(own, { flow: true }));
  for (const group of Object.keys(settingsAt(document, ["groups"]) ?? {})) {
    const member = settingsAt(document, ["groups", group, "members", like]);
    if (member === null) continue;
    const { address, data } = member;
    const settings = { address: at(address), ...(data === undefined ? {} : { data }) };
    document.setIn(["groups", group, "members", node], document.createNode(settings, { flow: true }));
  }
  return textOf(document);
}

/** The text of a configuration without a node and its members. */
export function withoutNode(text: string, node: string): string {
  const document = parseDocument(text);
  document.deleteIn(["nodes", node]);
  for (const group of Object.keys(settingsAt(document, ["groups"]) ?? {})) {
    document.deleteIn(["groups", group, "members", node]);
    const counted = document.getIn(["groups", group, "of"], true) as { items?: { value?: unknown }[] } | undefined;
    if (counted?.items !== undefined) counted.items = counted.items.filter(({ value }) => value !== node);
  }
  return textOf(document);
}

function settingsAt(document: Document, path: readonly string[]): Settings | null {
  const found = document.getIn(path, true);
  return isMap(found) ? (found.toJS(document) as Settings) : null;
}

function portOf(address: unknown): string {
  return /:(\d+)$/.exec(String(address))?.[1] ?? "0";
}

/** Lines stay as long as they were written. */
function textOf(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
