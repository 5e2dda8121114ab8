import { Exchange } from "../heartbeats/exchange.ts";
import type { Heartbeat, Heartbeats } from "../heartbeats/heartbeats.ts";
import type { Process } from "./host.ts";
import type { World } from "./world.ts";

/** Carries the heartbeats between the agents of a world; what sends and judges them is the production code. */
export class Air {
  readonly #world: World;
  readonly #cut = new Set<string>();
  readonly #lives = new Map<string, { readonly process: Process; readonly exchange: Exchange }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** One life of the agent of `me`. */
  open(me: string, process: Process): Heartbeats {
    const { settings, nodes } = this.#world;
    const exchange = new Exchange({
      me,
      peers: nodes.map(({ name }) => name).filter((name) => name !== me),
      clock: process.clock,
      timing: settings.timing,
      newLife: () => `life-${this.#world.newId()}`,
      send: (heartbeat) => this.#carry(heartbeat),
      stuckMs: () => 0,
    });
    this.#lives.set(me, { process, exchange });
    const { history } = this.#world;
    const promise = exchange.promise.bind(exchange);
    exchange.promise = (promised) => {
      history.promises(me, promised);
      promise(promised);
    };
    return exchange;
  }

  /** Nothing of `node` goes out, or nothing comes in, whatever else passes between the hosts. Returns how that ends. */
  cut(node: string, way: "out" | "in"): () => void {
    const name = `${node} ${way}`;
    this.#cut.add(name);
    return () => void this.#cut.delete(name);
  }

  /** As by UDP: lost, late, overtaken, or twice. The network draws from a stream of its own for them, so that they change nothing for others. */
  #carry(heartbeat: Heartbeat): void {
    const { network, random } = this.#world;
    const { from, to } = heartbeat;
    if (this.#cut.size > 0 && (this.#cut.has(`${from} out`) || this.#cut.has(`${to} in`))) return;
    const arrive = (): void => {
      const life = this.#lives.get(to);
      if (life?.process.host.isUp === true) life.process.enter(() => life.exchange.receive(heartbeat));
    };
    network.send(from, to, arrive, random.heartbeats);
    if (random.heartbeats.chance(network.weather.strays)) network.send(from, to, arrive, random.heartbeats);
  }
}
