/** Of a hundred requests so many may be tried once more, so that servers in trouble do not get twice the load. */
const SHARE = 0.2;
/** What has been saved up: a server that fails has all its requests under way tried elsewhere at one moment. */
const MOST = 500;

/** How many further attempts are allowed now. Attempts that cost no server anything (a refused connection) need none. */
export class RetryBudget {
  #left = MOST;

  /** A request came in. */
  earn(): void {
    if (this.#left < MOST) this.#left += SHARE;
  }

  /** Takes one attempt from the budget; `false`: there is none left. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
