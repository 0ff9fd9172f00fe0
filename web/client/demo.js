// Logs in as a demo persona, prints their sick leaves and then every change of status until interrupted.
//
//   npm run demo -- [--url http://127.0.0.1:8080] [--persona ivanova] [--sse]
import { parseArgs } from 'node:util';
import { connectAs } from './node.js';
import { readOperation } from './operations.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: process.env.KABINET_PUBLIC_URL || 'http://127.0.0.1:8080' },
    persona: { type: 'string', default: 'ivanova' },
    sse: { type: 'boolean', default: false },
  },
});

const client = await connectAs({ url: values.url, persona: values.persona });
const { data, errors } = await client.query(await readOperation('sick-leaves'), { first: 10 });
process.stdout.write(`${JSON.stringify(errors ?? data, null, 2)}\n`);

const watch = values.sse ? client.subscribeSse : client.subscribeWs;
// From the position of the answer above, so that nothing falls between it and the stream.
const changes = watch.call(client, await readOperation('status-changed'), { after: data?.viewer.feedCursor });
process.once('SIGINT', () => client.close());
process.stdout.write('Waiting for changes; Ctrl+C ends.\n');
for await (const change of changes) {
  process.stdout.write(`${JSON.stringify(change)}\n`);
}
