// A certified OpenID Connect provider in the place of Gosuslugi: oidc-provider, in this process, with one account.
import { createServer } from 'node:http';
// @ts-expect-error it comes without types
import { Provider } from 'oidc-provider';

/** The account. The names of the claims are those that the cabinet asks for by default. */
export const account = {
  sub: 'account-1001',
  family_name: 'Смирнова',
  given_name: 'Анна',
  middle_name: 'Ильинична',
  birthdate: '1990-04-12',
  gender: 'female',
  email: 'smirnova@example.ru',
  email_verified: true,
  phone_number: '+79161234500',
  phone_number_verified: true,
  snils: '112-233-445 95',
  confirmed_in_person: true,
};

export const client = { id: 'kabinet', secret: 'only-for-this-test' };

/**
 * Starts the provider on a free port. Whoever comes is logged in as the account and asked nothing.
 *
 * @param {string} cabinet address of the cabinet, the provider's only client
 */
export async function startProvider(cabinet) {
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [`${cabinet}/auth/callback`],
        post_logout_redirect_uris: [`${cabinet}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        backchannel_logout_uri: `${cabinet}/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: {
      openid: ['sub', 'snils', 'confirmed_in_person'],
      profile: ['family_name', 'given_name', 'middle_name', 'birthdate', 'gender'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
    },
    cookies: { keys: ['only for this test'] },
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        /** @param {{body: string}} context @param {string} form */
        logoutSource(context, form) {
          context.body = form;
        },
      },
    },
    // Its own refuses to speak to this machine.
    fetch: (/** @type {string} */ address, /** @type {RequestInit} */ { method, headers, body, redirect, signal }) =>
      fetch(address, { method, headers, body, redirect, signal }),
    findAccount: () => ({ accountId: account.sub, claims: () => account }),
    /** @param {any} context */
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(oidc.params.scope);
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 60, RefreshToken: 600, Session: 600 },
    interactions: { url: (/** @type {unknown} */ _, /** @type {{uid: string}} */ { uid }) => `/interaction/${uid}` },
  });

  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      const login = { login: { accountId: account.sub } };
      provider.interactionFinished(request, response, login).catch(() => response.writeHead(500).end());
    } else {
      answer(request, response);
    }
  });
  return {
    issuer,
    /** What came of the notices to the cabinet: `true` for each that it has taken. @returns {boolean[]} */
    notices: watch(provider),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param {any} provider */
function watch(provider) {
  /** @type {boolean[]} */
  const notices = [];
  provider.on('backchannel.success', () => notices.push(true));
  provider.on('backchannel.error', () => notices.push(false));
  return notices;
}

/**
 * @param {import('node:http').Server} server
 * @returns {Promise<number>} its port
 */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}
