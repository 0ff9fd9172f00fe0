import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { KabinetClient, SubscriptionError, TransportError } from './client.js';
import { webSocketWithHeaders } from './node.js';
import { startCabinet } from './testing/cabinet.js';

const cookie = 'session=s3cret';
const follow = 'subscription ($after: Cursor) { statusChanged(after: $after) { cursor to } }';

describe('KabinetClient', () => {
  /** @type {Awaited<ReturnType<typeof startCabinet>>} */
  let cabinet;
  /** @type {KabinetClient[]} */
  let clients;

  beforeEach(async () => {
    cabinet = await startCabinet(cookie);
    clients = [];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await cabinet.stop();
  });

  /** @param {string} [asked] the Cookie header to send */
  function clientWith(asked = cookie) {
    const headers = () => ({ Cookie: asked });
    const client = new KabinetClient({
      url: cabinet.url,
      headers,
      webSocket: webSocketWithHeaders(headers),
      retryWait: () => Promise.resolve(),
    });
    clients.push(client);
    return client;
  }

  it('answers a query with data', async () => {
    const result = await clientWith().query('query ($name: String!) { greeting(name: $name) }', { name: 'Анна' });
    assert.deepEqual(result, { data: { greeting: 'Здравствуйте, Анна' } });
  });

  it('gives GraphQL errors beside the data', async () => {
    const { data, errors } = await clientWith().query('{ broken }');
    assert.deepEqual(data, { broken: null });
    assert.equal(errors?.[0].message, 'broken');
  });

  it('tells a refusal of the transport from a GraphQL error', async () => {
    await assert.rejects(clientWith('session=other').query('{ broken }'), (/** @type {TransportError} */ fault) => {
      assert.ok(fault instanceof TransportError);
      assert.equal(fault.status, 429);
      assert.equal(fault.retryAfter, 7);
      return true;
    });
  });

  for (const subscribe of /** @type {const} */ (['subscribeWs', 'subscribeSse'])) {
    describe(subscribe, () => {
      it('loses and repeats nothing over a cut connection', async () => {
        cabinet.change('OPENED');
        const changes = clientWith()[subscribe](follow);
        assert.equal((await changes.next()).value?.to, 'OPENED');
        cabinet.change('EXTENDED');
        assert.equal((await changes.next()).value?.to, 'EXTENDED');

        cabinet.cut();
        cabinet.change('CLOSED');
        cabinet.change('PAID');

        assert.deepEqual((await changes.next()).value, { cursor: '3', to: 'CLOSED' });
        assert.deepEqual((await changes.next()).value, { cursor: '4', to: 'PAID' });
        assert.deepEqual(cabinet.resumedFrom, [undefined, '2']);
      });

      it('does not ask again for what waits to be read', async () => {
        const changes = clientWith()[subscribe](follow);
        cabinet.change('OPENED');
        assert.equal((await changes.next()).value?.to, 'OPENED');
        cabinet.change('EXTENDED');
        // By the time a second subscription has it, the first has received it and not read it.
        const other = clientWith()[subscribe](follow, { after: '1' });
        assert.equal((await other.next()).value?.to, 'EXTENDED');

        cabinet.cut();
        cabinet.change('CLOSED');

        assert.equal((await other.next()).value?.to, 'CLOSED');
        assert.equal((await changes.next()).value?.to, 'EXTENDED');
        assert.equal((await changes.next()).value?.to, 'CLOSED');
      });

      it('begins after the cursor it is given', async () => {
        ['OPENED', 'EXTENDED', 'CLOSED'].forEach(cabinet.change);
        const changes = clientWith()[subscribe](follow, { after: '2' });
        assert.equal((await changes.next()).value?.to, 'CLOSED');
      });

      it('can be left while nothing comes', async () => {
        const changes = clientWith()[subscribe](follow);
        const waiting = changes.next();
        await changes.return();
        assert.deepEqual(await waiting, { done: true, value: undefined });
      });

      it('fails with the errors of a subscription that is not in the schema', async () => {
        await assert.rejects(clientWith()[subscribe]('subscription { nothing }').next(), (/** @type {Error} */ fault) => {
          assert.ok(fault instanceof SubscriptionError || fault instanceof TransportError, String(fault));
          return true;
        });
      });
    });
  }

  it('does not knock again at a stream that answered 401', async () => {
    await assert.rejects(clientWith('session=other').subscribeSse(follow).next(), (/** @type {TransportError} */ fault) => {
      assert.ok(fault instanceof TransportError);
      assert.equal(fault.status, 401);
      return true;
    });
    assert.deepEqual(cabinet.resumedFrom, []);
  });
});
