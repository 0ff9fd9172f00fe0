import WebSocket from 'ws';
import { KabinetClient } from './client.js';
import { login } from './login.js';

/**
 * A WebSocket class that sends headers with the upgrade, which a browser's class cannot. The headers are read anew for
 * every connection.
 *
 * @param {() => Record<string, string>} headers
 */
export function webSocketWithHeaders(headers) {
  return class extends WebSocket {
    /**
     * @param {string | URL} address
     * @param {string | string[]} [protocols]
     */
    constructor(address, protocols) {
      super(address, protocols, { headers: headers(), handshakeTimeout: 10_000 });
    }
  };
}

/**
 * Logs in to a cabinet in demo mode and gives a client for that person.
 *
 * @param {object} options
 * @param {string | URL} options.url address of the cabinet
 * @param {string} options.persona for example `ivanova`
 * @param {Partial<import('./client.js').ClientOptions>} [options.client] what else to tell the client
 */
export async function connectAs({ url, persona, client = {} }) {
  const jar = await login({ url, persona });
  const headers = () => ({ Cookie: jar.header(new URL('/graphql', url)) });
  // A browser names the origin at the upgrade, and the server compares it with its own.
  const upgradeHeaders = () => ({ ...headers(), Origin: new URL(url).origin, 'X-CSRF': '1' });
  return new KabinetClient({ url, headers, webSocket: webSocketWithHeaders(upgradeHeaders), ...client });
}
