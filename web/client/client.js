import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createEventStreamClient } from 'graphql-sse';
import { ItemStream } from './item-stream.js';

/**
 * @typedef {object} GraphQLFault one entry of `errors`
 * @property {string} message
 * @property {ReadonlyArray<string | number>} [path]
 * @property {{code?: string, requestId?: string, retryAfterSeconds?: number} & Record<string, unknown>} [extensions]
 */

/**
 * @template Data
 * @typedef {object} Result
 * @property {Data | null} [data]
 * @property {ReadonlyArray<GraphQLFault>} [errors]
 * @property {Record<string, unknown>} [extensions]
 */

/** @typedef {Record<string, unknown>} Variables */

/**
 * @typedef {object} ClientOptions
 * @property {string | URL} url address of the cabinet, without a path
 * @property {() => Record<string, string>} [headers] what proves who is asking, read anew for every request and every
 *   connection: `Cookie` of a program with a jar, or `Authorization: Bearer` of the mobile app. A browser needs none.
 * @property {typeof globalThis.fetch} [fetch]
 * @property {unknown} [webSocket] the WebSocket class; see `webSocketWithHeaders` for programs outside a browser
 * @property {number} [retryAttempts] reconnections in a row before a stream fails; 5 by default
 * @property {(attempt: number) => Promise<void>} [retryWait] the pause before one of them; random and growing by default
 */

/** The answer was not a GraphQL response: the server, or something before it, refused the request itself. */
export class TransportError extends Error {
  /** @param {Response} response */
  constructor(response) {
    super(`HTTP ${response.status}`);
    this.name = 'TransportError';
    this.status = response.status;
    /** Seconds to wait, when the server named them. */
    this.retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  }
}

/** The server refused or ended a subscription; nothing more will come and trying again as it is will not help. */
export class SubscriptionError extends Error {
  /** @param {ReadonlyArray<GraphQLFault>} errors */
  constructor(errors) {
    super(errors.map((error) => error.message).join('; '));
    this.name = 'SubscriptionError';
    this.errors = errors;
  }
}

/**
 * A client of the cabinet's API for one person.
 *
 * Subscriptions live through lost connections: the last `cursor` that was seen is sent as the variable `after` when
 * the stream is opened again, so nothing is missed and nothing comes twice. For that the operation must take
 * `$after: Cursor` and select `cursor`.
 */
export class KabinetClient {
  #endpoint;
  #headers;
  #fetch;
  #retry;
  #sockets;
  /** @type {Set<ItemStream<any>>} */
  #open = new Set();

  /** @param {ClientOptions} options */
  constructor({ url, headers = () => ({}), fetch = globalThis.fetch, webSocket, retryAttempts = 5, retryWait = growingPause }) {
    this.#endpoint = new URL('/graphql', url);
    this.#headers = () => ({ 'X-CSRF': '1', ...headers() });
    // A browser's fetch refuses to be called as a method of something else.
    this.#fetch = /** @type {typeof globalThis.fetch} */ ((...request) => fetch(...request));
    this.#retry = { attempts: retryAttempts, wait: retryWait };

    const socketUrl = new URL(this.#endpoint);
    socketUrl.protocol = this.#endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#sockets = createSocketClient({ url: socketUrl.href, webSocketImpl: webSocket, retryAttempts, retryWait });
  }

  /**
   * Runs a query or a mutation.
   *
   * @template [Data=any]
   * @param {string} query
   * @param {Variables} [variables]
   * @param {{operationName?: string, language?: string, signal?: AbortSignal}} [options] `language` is that of
   *   `userErrors`: ru or en; the signal gives up, by default after 30 seconds
   * @returns {Promise<Result<Data>>} with `errors` as the server gave them
   * @throws {TransportError} when the answer is not a GraphQL response
   */
  async query(query, variables, { operationName, language = 'ru', signal = AbortSignal.timeout(30_000) } = {}) {
    const response = await this.#fetch(this.#endpoint, {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json',
        'Accept-Language': language,
        ...this.#headers(),
      },
      body: JSON.stringify({ query, variables, operationName }),
      signal,
    });
    const type = response.headers.get('Content-Type') ?? '';
    if (!type.startsWith('application/graphql-response+json')) {
      await response.body?.cancel();
      throw new TransportError(response);
    }
    return response.json();
  }

  /**
   * Subscribes over a WebSocket (`graphql-transport-ws`); all subscriptions of a client share one.
   *
   * @template [Item=any]
   * @param {string} query with one root field
   * @param {Variables} [variables]
   * @returns {ItemStream<Item>} items of the root field; it fails with SubscriptionError, or with the close event of
   *   the socket when reconnecting did not help or was pointless
   */
  subscribeWs(query, variables) {
    return this.#subscribe(query, variables, (request, sink) => this.#sockets.subscribe(request, sink));
  }

  /**
   * Subscribes over server-sent events, for networks that do not let a WebSocket through: one response for each
   * subscription (distinct connections), so that the server keeps nothing between them.
   *
   * @template [Item=any]
   * @param {string} query with one root field
   * @param {Variables} [variables]
   * @returns {ItemStream<Item>} items of the root field; it fails with SubscriptionError, with TransportError when the
   *   server refuses the request, or with the last network error when reconnecting did not help
   */
  subscribeSse(query, variables) {
    /** @type {TransportError | undefined} */
    let refusal;
    const events = createEventStreamClient({
      url: this.#endpoint.href,
      headers: this.#headers,
      singleConnection: false,
      retryAttempts: this.#retry.attempts,
      fetchFn: async (/** @type {URL} */ url, /** @type {RequestInit} */ init) => {
        const response = await this.#fetch(url, init);
        refusal = isRefusal(response.status) ? new TransportError(response) : undefined;
        return response;
      },
      retry: async (attempt) => {
        // By itself graphql-sse would repeat a request that the server has refused for good.
        if (refusal) {
          throw refusal;
        }
        await this.#retry.wait(attempt);
      },
    });
    return this.#subscribe(query, variables, (request, sink) => events.subscribe(request, sink));
  }

  /** Ends every subscription and closes every connection. */
  async close() {
    await Promise.all([...this.#open].map((stream) => stream.return()));
    await this.#sockets.dispose();
  }

  /**
   * @param {string} query
   * @param {Variables | undefined} variables
   * @param {(request: {query: string, variables: Variables}, sink: Sink) => () => void} open
   */
  #subscribe(query, variables, open) {
    let after = variables?.after;
    // Both transports write the request out anew at every connection, and so read the cursor of that moment.
    const resuming = Object.defineProperty({ ...variables }, 'after', { enumerable: true, get: () => after ?? undefined });

    /** @type {ItemStream<any>} */
    const stream = new ItemStream(() => {
      this.#open.delete(stream);
      stop();
    });
    this.#open.add(stream);
    const stop = open(
      { query, variables: resuming },
      {
        next: ({ data, errors }) => {
          if (errors?.length) {
            stream.fail(new SubscriptionError(errors));
            return;
          }
          const item = Object.values(data ?? {})[0];
          // Taken here and not where the item is read: what waits in the queue must not be asked for again.
          after = item?.cursor ?? after;
          stream.push(item);
        },
        error: (fault) => stream.fail(Array.isArray(fault) ? new SubscriptionError(fault) : fault),
        complete: () => stream.end(),
      },
    );
    return stream;
  }
}

/** @typedef {{next(result: Result<any>): void, error(fault: unknown): void, complete(): void}} Sink */

/** @param {number} status */
function isRefusal(status) {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/**
 * One second, then two, four …, at most thirty, and up to as much again by chance, so that the clients of a server that
 * was restarted do not come back all at once.
 *
 * @param {number} attempt from 0
 */
function growingPause(attempt) {
  const base = Math.min(2 ** attempt, 30) * 1000;
  return /** @type {Promise<void>} */ (new Promise((resolve) => setTimeout(resolve, base * (1 + Math.random()))));
}
