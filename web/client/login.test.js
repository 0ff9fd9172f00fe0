import assert from 'node:assert/strict';
import { it } from 'node:test';
import { login, LoginError } from './login.js';

/**
 * A fetch that answers from a table: each address once, with a check of what was sent.
 *
 * @param {Record<string, {status?: number, location?: string, set?: string, body?: unknown, wants?: Record<string, string | null>}>} answers
 */
function scripted(answers) {
  return /** @type {typeof globalThis.fetch} */ (
    async (address, init) => {
      const answer = answers[String(address)];
      assert.ok(answer, `unexpected request to ${address}`);
      const sent = new Headers(init?.headers);
      for (const [name, value] of Object.entries(answer.wants ?? {})) {
        assert.equal(sent.get(name), value, `${name} sent to ${address}`);
      }
      const headers = new Headers();
      if (answer.location) {
        headers.set('Location', answer.location);
      }
      if (answer.set) {
        headers.append('Set-Cookie', answer.set);
      }
      return new Response(JSON.stringify(answer.body ?? null), { status: answer.status ?? 302, headers });
    }
  );
}

const cabinet = 'https://cabinet.example';
const provider = 'https://esia.example';

it('goes through the provider and keeps the cookies of each host to itself', async () => {
  const jar = await login({
    url: cabinet,
    persona: 'ivanova',
    fetch: scripted({
      [`${cabinet}/auth/login?return_to=/`]: {
        location: `${provider}/authorize?state=1`,
        set: '__Host-login=tx; Path=/; Secure',
        wants: { 'X-Demo-Persona': 'ivanova', Cookie: null },
      },
      [`${provider}/authorize?state=1`]: {
        location: `${cabinet}/auth/callback?code=c&state=1`,
        set: 'sso=p; Path=/; Secure',
        wants: { 'X-Demo-Persona': null, Cookie: null },
      },
      [`${cabinet}/auth/callback?code=c&state=1`]: {
        status: 303,
        location: '/',
        set: '__Host-session=s; Path=/; Secure',
        wants: { Cookie: '__Host-login=tx' },
      },
      [`${cabinet}/auth/session`]: { status: 200, body: { authenticated: true } },
    }),
  });
  assert.match(jar.header(new URL(`${cabinet}/graphql`)), /__Host-session=s/);
  assert.equal(jar.header(new URL(`${provider}/`)), 'sso=p');
});

it('fails where the provider shows a page', async () => {
  const fetch = scripted({
    [`${cabinet}/auth/login?return_to=/`]: { location: `${provider}/authorize` },
    [`${provider}/authorize`]: { status: 200 },
  });
  await assert.rejects(login({ url: cabinet, persona: 'nobody', fetch }), { name: 'LoginError', status: 200 });
});

it('fails when there is no session after all', async () => {
  const fetch = scripted({
    [`${cabinet}/auth/login?return_to=/`]: { location: '/' },
    [`${cabinet}/auth/session`]: { status: 401 },
  });
  await assert.rejects(login({ url: cabinet, persona: 'ivanova', fetch }), { name: 'LoginError', status: 401 });
});

it('does not follow redirects for ever', async () => {
  const fetch = scripted({ [`${cabinet}/auth/login?return_to=/`]: { location: '/auth/login?return_to=/' } });
  await assert.rejects(login({ url: cabinet, persona: 'ivanova', fetch }), LoginError);
});
