import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { KabinetClient } from '../client/client.js';
import { CookieJar } from '../client/cookies.js';
import { login } from '../client/login.js';
import { webSocketWithHeaders } from '../client/node.js';
import { freePort, startCabinet } from './cabinet.mjs';
import { binaryPath } from './environment.mjs';
import { account, client, startProvider } from './provider.mjs';

/** What a test waits for at most, in milliseconds. Nothing is expected to take this long. */
const patience = 60_000;

describe('a plain OpenID Connect provider', { timeout: 3 * patience }, () => {
  /** @type {string} */
  let url;
  /** @type {Awaited<ReturnType<typeof startProvider>>} */
  let provider;
  /** @type {Awaited<ReturnType<typeof startCabinet>>} */
  let cabinet;

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    provider = await startProvider(url);
    cabinet = await startCabinet({
      binary: binaryPath(),
      port,
      settings: {
        KABINET_OIDC_ISSUER: provider.issuer,
        KABINET_OIDC_CLIENT_ID: client.id,
        KABINET_OIDC_CLIENT_SECRET: client.secret,
        KABINET_OIDC_TRUSTED_CLAIM: 'confirmed_in_person',
      },
    });
  });

  after(async () => {
    await cabinet?.stop();
    await provider?.stop();
  });

  it('logs a person in, and ends their session when they leave there', async () => {
    const jar = await login({ url, persona: 'none' });
    assert.deepEqual(await accessLevel(jar), { accessLevel: 'EXTENDED' });
    const farewell = await visit(jar, `${provider.issuer}/session/end?client_id=${client.id}`);
    const other = await login({ url, persona: 'none', jar: new CookieJar() });

    const done = await visit(jar, actionOf(farewell), { xsrf: secretOf(farewell), logout: 'yes' });

    assert.ok(done.status < 400, `${done.status} ${done.body}`);
    assert.deepEqual(provider.notices, [true], 'the cabinet has taken the notice');
    assert.equal(await isOpen(jar), false);
    assert.equal(await isOpen(other), true, 'the session of another login there goes on');
    assert.equal(await accessLevel(jar), null);
  });

  it('is left together with the cabinet', async () => {
    const jar = await login({ url, persona: 'none' });
    const answer = await fetch(new URL('/auth/logout', url), {
      method: 'POST',
      headers: { Cookie: jar.header(new URL('/auth/logout', url)), 'X-CSRF': '1' },
    });
    jar.store(new URL(url), answer.headers.getSetCookie());
    const { logoutUrl } = await answer.json();
    assert.equal(new URL(logoutUrl).searchParams.get('client_id'), client.id, 'it is told where from');
    assert.ok(!new URL(logoutUrl).searchParams.has('id_token_hint'), 'not who: this id token names the person');

    const farewell = await visit(jar, logoutUrl);
    const done = await visit(jar, actionOf(farewell), { xsrf: secretOf(farewell), logout: 'yes' });

    assert.equal(done.location, `${url}/`, 'back home');
    assert.equal(await isOpen(jar), false);
    assert.ok(!cabinet.log().includes(account.email) && !cabinet.log().includes(account.snils), 'and nobody is told of them');
  });

  /** @param {CookieJar} jar */
  async function isOpen(jar) {
    const address = new URL('/auth/session', url);
    const answer = await fetch(address, { headers: { Cookie: jar.header(address) } });
    return (await answer.json()).authenticated;
  }

  /**
   * @param {CookieJar} jar
   * @returns {Promise<object | null>} what the viewer may do; null when nobody is signed in
   */
  async function accessLevel(jar) {
    const headers = () => ({ Cookie: jar.header(new URL('/graphql', url)) });
    const kabinet = new KabinetClient({ url, headers, webSocket: webSocketWithHeaders(headers) });
    try {
      const { data, errors } = await kabinet.query('{ viewer { accessLevel } }');
      return errors ? null : data.viewer;
    } finally {
      kabinet.close();
    }
  }
});

/**
 * One request of a browser, that follows no redirect.
 *
 * @param {CookieJar} jar
 * @param {string} address
 * @param {Record<string, string>} [form] to post
 */
async function visit(jar, address, form) {
  const target = new URL(address);
  const response = await fetch(target, {
    method: form ? 'POST' : 'GET',
    redirect: 'manual',
    headers: { Cookie: jar.header(target) },
    body: form && new URLSearchParams(form),
  });
  jar.store(target, response.headers.getSetCookie());
  return { status: response.status, location: response.headers.get('Location'), body: await response.text() };
}

/** @param {{body: string}} page with a form */
function actionOf({ body }) {
  return found(/action="([^"]+)"/.exec(body), body);
}

/** @param {{body: string}} page with a form */
function secretOf({ body }) {
  return found(/name="xsrf" value="([^"]+)"/.exec(body), body);
}

/**
 * @param {RegExpExecArray | null} match
 * @param {string} body
 */
function found(match, body) {
  assert.ok(match, body);
  return match[1];
}
