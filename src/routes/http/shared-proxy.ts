import type { Keeper } from "../keeper.ts";
import type { HttpProxy, HttpProxyStatus } from "./http-proxy.ts";
import { isHttpStatus, mergeStatus } from "./merge-status.ts";
import { carryOut, type Order, stateOf } from "./orders.ts";

const STATUS = "status";
const ORDER = "order";

/** A proxy whose port it may share with other processes: what concerns all of them. */
export class SharedProxy {
  readonly #proxy: HttpProxy;
  readonly #keeper: Keeper | null;

  /** Without a `keeper` there are no others. */
  constructor(proxy: HttpProxy, keeper: Keeper | null) {
    this.#proxy = proxy;
    this.#keeper = keeper;
    keeper?.answer("state", () => stateOf(proxy));
    keeper?.answer(STATUS, () => proxy.status);
    keeper?.answer(ORDER, (order) => carryOut(order as Order, proxy));
  }

  async status(): Promise<HttpProxyStatus> {
    const others = (await this.#keeper?.ask(STATUS, null)) ?? [];
    return mergeStatus(this.#proxy.status, others.filter(isHttpStatus));
  }

  /** Rejects with a `UserError` where there is no such server. */
  async order(order: Order): Promise<void> {
    carryOut(order, this.#proxy);
    await this.#keeper?.ask(ORDER, order);
  }
}
