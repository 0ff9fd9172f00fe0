/**
 * The cookies of one visitor, for programs that log in the way a browser does. As in a browser they belong to a
 * host whatever its port, are sent on matching paths only, and a Secure one also goes to a loopback address
 * without TLS. Cookies for a whole domain are refused: nothing in the cabinet sets one.
 */
export class CookieJar {
  /** @type {Map<string, Map<string, StoredCookie>>} by host, then by name and path */
  #hosts = new Map();

  /**
   * Keeps, replaces or removes what an answer sets.
   *
   * @param {URL} url address that answered
   * @param {string[]} setCookies its Set-Cookie headers
   */
  store(url, setCookies) {
    for (const line of setCookies) {
      const cookie = parse(line, url);
      if (!cookie) {
        continue;
      }
      const cookies = this.#hosts.get(url.hostname) ?? new Map();
      this.#hosts.set(url.hostname, cookies);
      const key = `${cookie.name};${cookie.path}`;
      if (cookie.expiresAt <= Date.now()) {
        cookies.delete(key);
      } else {
        cookies.set(key, cookie);
      }
    }
  }

  /**
   * The Cookie header of a request, longest path first; empty when there is nothing to send.
   *
   * @param {URL} url
   * @returns {string}
   */
  header(url) {
    const cookies = [...(this.#hosts.get(url.hostname)?.values() ?? [])];
    return cookies
      .filter((it) => it.expiresAt > Date.now() && (!it.secure || isTrustworthy(url)) && covers(it.path, url.pathname))
      .sort((a, b) => b.path.length - a.path.length)
      .map((it) => `${it.name}=${it.value}`)
      .join('; ');
  }
}

/** @typedef {{name: string, value: string, path: string, secure: boolean, expiresAt: number}} StoredCookie */

/**
 * @param {string} line
 * @param {URL} url
 * @returns {StoredCookie | undefined} undefined for a cookie that a browser would refuse
 */
function parse(line, url) {
  const [pair, ...rest] = line.split(';');
  const equals = pair.indexOf('=');
  if (equals < 1) {
    return undefined;
  }
  const attributes = new Map(
    rest.map((attribute) => {
      const [name, ...value] = attribute.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim()];
    }),
  );
  const cookie = {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    path: attributes.get('path')?.startsWith('/') ? /** @type {string} */ (attributes.get('path')) : directory(url.pathname),
    secure: attributes.has('secure'),
    expiresAt: expiry(attributes),
  };
  const hostOnly = !attributes.get('domain');
  const prefixHolds = !cookie.name.startsWith('__Host-') || (cookie.secure && cookie.path === '/');
  return hostOnly && prefixHolds && (!cookie.secure || isTrustworthy(url)) ? cookie : undefined;
}

/** @param {Map<string, string>} attributes */
function expiry(attributes) {
  const maxAge = Number(attributes.get('max-age') || NaN);
  if (!Number.isNaN(maxAge)) {
    return maxAge <= 0 ? 0 : Date.now() + maxAge * 1000;
  }
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? Infinity : expires;
}

/** @param {string} pathname */
function directory(pathname) {
  return pathname.slice(0, Math.max(pathname.lastIndexOf('/'), 1));
}

/**
 * @param {string} path
 * @param {string} pathname
 */
function covers(path, pathname) {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

/** @param {URL} url */
function isTrustworthy(url) {
  return url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
