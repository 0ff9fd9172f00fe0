/**
 * Items of a subscription in the order in which they came, for `for await`. Leaving the loop ends the subscription.
 * What has come and was not read yet is kept; a failure is told after it.
 *
 * @template Item
 * @implements {AsyncIterableIterator<Item>}
 */
export class ItemStream {
  /** @type {Item[]} */
  #items = [];
  /** @type {{fault?: unknown} | undefined} */
  #ending;
  #stop;
  #wake = () => {};

  /** @param {() => void} stop ends the subscription; called once, whoever ends it */
  constructor(stop) {
    this.#stop = stop;
  }

  /** @param {Item} item */
  push(item) {
    if (!this.#ending) {
      this.#items.push(item);
      this.#wake();
    }
  }

  /** Says that nothing more will come. */
  end() {
    this.#finish({});
  }

  /**
   * Says that nothing more will come, and why.
   *
   * @param {unknown} fault
   */
  fail(fault) {
    this.#finish({ fault });
  }

  /** @returns {Promise<IteratorResult<Item, void>>} */
  async next() {
    while (this.#items.length === 0) {
      if (this.#ending) {
        const { fault } = this.#ending;
        this.#ending = {};
        if (fault) {
          throw fault;
        }
        return { done: true, value: undefined };
      }
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
    return { done: false, value: /** @type {Item} */ (this.#items.shift()) };
  }

  /** @returns {Promise<IteratorResult<Item, void>>} */
  async return() {
    this.#items = [];
    this.#finish({});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @param {{fault?: unknown}} ending */
  #finish(ending) {
    if (!this.#ending) {
      this.#ending = ending;
      this.#stop();
      this.#wake();
    }
  }
}
