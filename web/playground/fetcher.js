import { createClient } from 'graphql-ws';
import { makeAsyncIterableIteratorFromSink } from '@n1ru4l/push-pull-async-iterable-iterator';

/**
 * The transport of the playground: queries and mutations by POST, subscriptions over a WebSocket that is
 * opened with the first of them. The session cookie goes with both; `X-CSRF` is what the server asks of a
 * request authenticated by it.
 *
 * @param {Location} location where the API is: the origin of the page
 */
export function createFetcher(location) {
  const endpoint = new URL('/graphql', location.href);
  const socketUrl = new URL(endpoint);
  socketUrl.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  const sockets = createClient({ url: socketUrl.href, retryAttempts: 5 });

  return (request, options) =>
    isSubscription(options?.documentAST, request.operationName)
      ? subscribe(sockets, request)
      : post(endpoint, request, options?.headers);
}

async function post(endpoint, request, headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json',
      'X-CSRF': '1',
      ...headers,
    },
    body: JSON.stringify(request),
  });
  const type = response.headers.get('Content-Type') ?? '';
  if (!/^application\/(graphql-response\+)?json\b/.test(type)) {
    throw new Error(`HTTP ${response.status} ${response.statusText}: the answer is not a GraphQL response`);
  }
  return response.json();
}

function subscribe(sockets, request) {
  return makeAsyncIterableIteratorFromSink((sink) =>
    sockets.subscribe(request, {
      next: (result) => sink.next(result),
      complete: () => sink.complete(),
      error: (fault) => sink.error(describe(fault)),
    }),
  );
}

/** A close event, a list of GraphQL errors or an Error: GraphiQL shows only the message of the last. */
function describe(fault) {
  if (typeof CloseEvent !== 'undefined' && fault instanceof CloseEvent) {
    return new Error(`The socket was closed: ${fault.code} ${fault.reason}`.trim());
  }
  if (Array.isArray(fault)) {
    return new Error(fault.map((error) => error.message).join('\n'));
  }
  return fault instanceof Error ? fault : new Error('The socket could not be opened');
}

function isSubscription(document, operationName) {
  const operations = document?.definitions.filter((it) => it.kind === 'OperationDefinition') ?? [];
  const chosen = operationName ? operations.find((it) => it.name?.value === operationName) : operations[0];
  return chosen?.operation === 'subscription';
}
