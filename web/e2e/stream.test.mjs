// The way of one change: from the fund, through the server, to a citizen who watches over both transports and then
// looks again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectAs } from '../client/node.js';
import { readOperation } from '../client/operations.js';
import { eventCommand, serverUrl } from './environment.mjs';
import { send, sickLeaveChanged } from './fund.mjs';

/** What a test waits for at most, in milliseconds. Nothing is expected to take this long. */
const patience = 20_000;

describe('a change of a sick leave', { timeout: 3 * patience }, () => {
  const command = eventCommand();
  /** @type {import('../client/client.js').KabinetClient} */
  let ivanova;

  before(async () => {
    ivanova = await connectAs({ url: serverUrl(), persona: 'ivanova' });
  });

  after(() => ivanova?.close());

  it('reaches both streams, the next query, and who comes back later', async () => {
    const { feedCursor, sickLeaves } = await look();
    const leave = sickLeaves.nodes.find(({ state }) => ['OPENED', 'EXTENDED'].includes(state));
    assert.ok(leave, 'ivanova has no open sick leave');
    // From that position on, so that it does not matter when exactly the server takes the streams up.
    const overSocket = await follow('subscribeWs', feedCursor);
    const overEvents = await follow('subscribeSse', feedCursor);

    await send(command, sickLeaveChanged({ number: leave.number, state: '030', comment: 'Сквозная проверка' }));

    const closed = await overSocket.changeOf(leave.id);
    assert.equal(closed.to, 'CLOSED');
    assert.equal(closed.from, leave.state);
    assert.equal(closed.subject?.__typename, 'SickLeave');
    assert.ok(!Number.isNaN(Date.parse(closed.occurredAt)), closed.occurredAt);
    assert.deepEqual(await overEvents.changeOf(leave.id), closed);
    assert.equal(await stateOf(leave.id), closed.to);

    await overSocket.leave();
    await overEvents.leave();
    await send(command, sickLeaveChanged({ number: leave.number, state: '060' }));

    const backOverSocket = await follow('subscribeWs', closed.cursor);
    const backOverEvents = await follow('subscribeSse', closed.cursor);
    const filled = await backOverSocket.changeOf(leave.id);
    assert.equal(filled.from, 'CLOSED');
    assert.equal(filled.to, 'FILLED_BY_EMPLOYER');
    assert.deepEqual(await backOverEvents.changeOf(leave.id), filled);
    assert.equal(await stateOf(leave.id), filled.to);
  });

  /** @returns {Promise<import('../client/types.d.ts').SickLeaves['viewer']>} what ivanova sees now */
  async function look() {
    /** @type {import('../client/client.js').Result<import('../client/types.d.ts').SickLeaves>} */
    const { data, errors } = await ivanova.query(await readOperation('sick-leaves'), { first: 100 });
    assert.equal(errors, undefined);
    assert.ok(data);
    return data.viewer;
  }

  /** @param {string} id of a sick leave */
  async function stateOf(id) {
    const { sickLeaves } = await look();
    return sickLeaves.nodes.find((it) => it.id === id)?.state;
  }

  /**
   * @param {'subscribeWs' | 'subscribeSse'} subscribe
   * @param {string} cursor where to go on from
   */
  async function follow(subscribe, cursor) {
    /** @type {import('../client/item-stream.js').ItemStream<import('../client/types.d.ts').StatusChange>} */
    const changes = ivanova[subscribe](await readOperation('status-changed'), { after: cursor });
    return {
      /** @param {string} id */
      async changeOf(id) {
        for (;;) {
          const { value, done } = await within(changes.next());
          assert.ok(!done && value, `${subscribe} ended`);
          if (value.subject?.id === id) {
            return value;
          }
        }
      },
      leave: () => changes.return(),
    };
  }
});

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function within(promise) {
  /** @type {NodeJS.Timeout} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${patience} ms`)), patience);
  });
  return Promise.race([promise, /** @type {Promise<never>} */ (limit)]).finally(() => clearTimeout(timer));
}
