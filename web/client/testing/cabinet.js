// A cabinet in miniature for the tests of the client: one owner's feed behind the same two transports as the real one.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { buildSchema, graphql } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createHandler } from 'graphql-sse/lib/use/http';
import { WebSocketServer } from 'ws';

const typeDefinitions = `
  scalar Cursor
  type Query { greeting(name: String!): String!  broken: String }
  type Subscription { statusChanged(after: Cursor): StatusChange! }
  type StatusChange { cursor: Cursor!  to: String! }
`;

/**
 * Starts it on a free port.
 *
 * @param {string} cookie the Cookie header that is let in
 */
export async function startCabinet(cookie) {
  /** @type {{cursor: string, to: string}[]} */
  const feed = [];
  /** @type {Set<() => void>} */
  const readers = new Set();
  /** @type {unknown[]} every `after` that was asked for */
  const resumedFrom = [];

  const schema = buildSchema(typeDefinitions);
  const { greeting, broken } = /** @type {import('graphql').GraphQLObjectType} */ (schema.getQueryType()).getFields();
  greeting.resolve = (_source, { name }) => `Здравствуйте, ${name}`;
  broken.resolve = () => {
    throw new Error('broken');
  };
  const { statusChanged } = /** @type {import('graphql').GraphQLObjectType} */ (schema.getSubscriptionType()).getFields();
  statusChanged.subscribe = (_source, { after }) => {
    resumedFrom.push(after);
    return follow(after ? Number(after) : 0);
  };

  /** @param {number} position */
  async function* follow(position) {
    for (;;) {
      while (position < feed.length) {
        yield { statusChanged: feed[position++] };
      }
      /** @type {() => void} */
      let wake = () => {};
      const changed = new Promise((resolve) => (wake = () => resolve(undefined)));
      readers.add(wake);
      await changed;
      readers.delete(wake);
    }
  }

  const stream = createHandler({
    schema,
    authenticate: (request) => (request.headers.get('cookie') === cookie ? '' : [null, { status: 401, statusText: 'Unauthorized' }]),
  });
  const server = createServer((request, response) => {
    if (request.headers.accept === 'text/event-stream') {
      void stream(request, response);
      return;
    }
    void answer(request, response);
  });

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function answer(request, response) {
    if (request.headers.cookie !== cookie || request.headers['x-csrf'] !== '1') {
      response.writeHead(429, { 'Content-Type': 'text/plain', 'Retry-After': '7' }).end();
      return;
    }
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const { query: source, variables: variableValues } = JSON.parse(Buffer.concat(chunks).toString());
    const result = await graphql({ schema, source, variableValues });
    response.writeHead(200, { 'Content-Type': 'application/graphql-response+json; charset=utf-8' }).end(JSON.stringify(result));
  }

  const sockets = new WebSocketServer({ server, path: '/graphql' });
  useServer(
    {
      schema,
      onConnect: ({ extra }) => extra.request.headers.cookie === cookie,
    },
    sockets,
  );

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${port}`,
    resumedFrom,
    /** @param {string} to appends a change to the feed and tells the subscribers */
    change(to) {
      feed.push({ cursor: String(feed.length + 1), to });
      readers.forEach((wake) => wake());
    },
    /** Cuts every connection without a word, as a failing network does. */
    cut() {
      sockets.clients.forEach((socket) => socket.terminate());
      server.closeAllConnections();
    },
    async stop() {
      this.cut();
      sockets.close();
      server.close();
      await once(server, 'close');
    },
  };
}
