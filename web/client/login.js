import { CookieJar } from './cookies.js';

const maxRedirects = 20;

/** The login did not end in a session: what the server, or the identity provider, answered last. */
export class LoginError extends Error {
  /**
   * @param {string} message
   * @param {number} status HTTP status of the last answer
   */
  constructor(message, status) {
    super(message);
    this.name = 'LoginError';
    this.status = status;
  }
}

/**
 * Logs in to a cabinet in demo mode as one of its personas: goes through the identity provider's redirects the
 * way a browser does, the provider's page of persons apart.
 *
 * @param {object} options
 * @param {string | URL} options.url address of the cabinet
 * @param {string} options.persona for example `ivanova`
 * @param {CookieJar} [options.jar] cookies to begin with and to add to
 * @param {typeof globalThis.fetch} [options.fetch]
 * @param {AbortSignal} [options.signal] gives up; by default after 30 seconds
 * @returns {Promise<CookieJar>} a jar that holds the session
 * @throws {LoginError}
 */
export async function login({ url, persona, jar = new CookieJar(), fetch = globalThis.fetch, signal = AbortSignal.timeout(30_000) }) {
  const cabinet = new URL(url);
  const home = new URL('/', cabinet);
  let next = new URL('/auth/login?return_to=/', cabinet);

  for (let hop = 0; hop < maxRedirects; hop++) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'text/html,application/json;q=0.9' };
    const cookie = jar.header(next);
    if (cookie) {
      headers.Cookie = cookie;
    }
    if (next.origin === cabinet.origin) {
      headers['X-Demo-Persona'] = persona;
    }
    const response = await fetch(next, { redirect: 'manual', headers, signal });
    jar.store(next, response.headers.getSetCookie());
    await response.body?.cancel();

    const location = response.headers.get('Location');
    if (response.status < 300 || response.status > 399 || !location) {
      throw new LoginError(`${next.origin}${next.pathname} answered ${response.status} in place of a redirect`, response.status);
    }
    next = new URL(location, next);
    if (next.href === home.href) {
      await requireSession(cabinet, jar, fetch, signal);
      return jar;
    }
  }
  throw new LoginError(`more than ${maxRedirects} redirects`, 310);
}

/**
 * @param {URL} cabinet
 * @param {CookieJar} jar
 * @param {typeof globalThis.fetch} fetch
 * @param {AbortSignal} signal
 */
async function requireSession(cabinet, jar, fetch, signal) {
  const address = new URL('/auth/session', cabinet);
  const response = await fetch(address, { headers: { Accept: 'application/json', Cookie: jar.header(address), 'X-CSRF': '1' }, signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new LoginError(`no session after the login: /auth/session answered ${response.status}`, response.status);
  }
  const { authenticated } = await response.json();
  if (authenticated !== true) {
    throw new LoginError('no session after the login', response.status);
  }
}
