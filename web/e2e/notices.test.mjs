// What everybody is told, and what a session is told of itself, over both transports by clients that others wrote.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectAs } from '../client/node.js';
import { freePort, startCabinet } from './cabinet.mjs';
import { binaryPath, eventCommand, serverUrl } from './environment.mjs';
import { announcementPublished, send, systemStatus } from './fund.mjs';

/** What a test waits for at most, in milliseconds. Nothing is expected to take this long. */
const patience = 60_000;

/** @type {('subscribeWs' | 'subscribeSse')[]} */
const transports = ['subscribeWs', 'subscribeSse'];

describe('what everybody is told', { timeout: 3 * patience }, () => {
  /** @type {import('../client/client.js').KabinetClient} */
  let petrov;

  before(async () => {
    petrov = await connectAs({ url: serverUrl(), persona: 'petrov' });
  });

  after(() => petrov?.close());

  it('comes live: news, and how the systems do', async () => {
    /** @type {import('../client/item-stream.js').ItemStream<{id: string, title: string}>[]} */
    const news = transports.map((over) => petrov[over]('subscription { announcementPublished { id title importance } }'));
    /** @type {import('../client/item-stream.js').ItemStream<{system: string, state: string}[]>[]} */
    const systems = transports.map((over) => petrov[over]('subscription { systemsChanged { system state } }'));
    // The state of now comes first, so that it is known that the streams are there.
    const before = await Promise.all(systems.map(next));
    assert.deepEqual(before[0], before[1]);
    const now = before[0].find(({ system }) => system === 'PAYMENTS')?.state;
    const state = now === 'UNAVAILABLE' ? 'DEGRADED' : 'UNAVAILABLE';

    await send(eventCommand(), systemStatus({ system: 'PAYMENTS', state }));
    for (const stream of systems) {
      const all = await next(stream);
      assert.deepEqual(all.find(({ system }) => system === 'PAYMENTS'), { system: 'PAYMENTS', state });
    }

    // These streams tell nothing of before, so news are published until both are there to hear them.
    const title = 'Сквозная проверка новостей';
    const heard = Promise.all(news.map(next));
    let came = false;
    heard.then(() => (came = true), () => (came = true));
    for (let i = 0; !came; i++) {
      await send(eventCommand(), announcementPublished({ number: `Н-${Date.now()}-${i}`, title }));
    }
    const [first, second] = await heard;
    assert.equal(first.title, title);
    assert.equal(second.title, title);
    const { data } = await petrov.query('{ announcements(first: 1) { nodes { id title } } }');
    assert.equal(data.announcements.nodes[0].title, title);
    await Promise.all([...news, ...systems].map((stream) => stream.return()));
  });
});

describe('a session of a minute', { timeout: 3 * patience }, () => {
  /** @type {Awaited<ReturnType<typeof startCabinet>>} */
  let cabinet;
  /** @type {string} */
  let url;

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const settings = { KABINET_SESSION_IDLE: '1m', KABINET_ESIA_EMULATOR_ADDR: `127.0.0.1:${await freePort()}` };
    cabinet = await startCabinet({ binary: binaryPath(), port, settings });
  });

  after(() => cabinet?.stop());

  it('tells its end ahead of it, and that it was put off', async () => {
    const ivanova = await connectAs({ url, persona: 'ivanova' });
    const query = 'subscription { sessionEnding { endsAt secondsLeft cause } }';
    const streams = transports.map((over) => ivanova[over](query));
    const warnings = await Promise.all(streams.map(next));
    for (const { endsAt, secondsLeft, cause } of warnings) {
      assert.equal(cause, 'IDLE');
      assert.ok(secondsLeft > 0 && secondsLeft <= 60, String(secondsLeft));
      assert.ok(Date.parse(endsAt) > Date.now() - 1000, endsAt);
    }
    await ivanova.query('{ viewer { accessLevel } }');
    const putOff = await Promise.all(streams.map(next));
    putOff.forEach(({ endsAt }, i) => assert.ok(Date.parse(endsAt) > Date.parse(warnings[i].endsAt)));
    await ivanova.close();
  });
});

/**
 * @template Item
 * @param {import('../client/item-stream.js').ItemStream<Item>} stream
 * @returns {Promise<Item>}
 */
async function next(stream) {
  const { value, done } = await stream.next();
  assert.ok(!done && value, 'the stream ended');
  return value;
}
