// The fund's side of the end-to-end tests: what it would say, and how it is said.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A change of a sick leave, as docs/events describes it.
 *
 * @param {object} change
 * @param {string} change.number of the sick leave, 12 digits
 * @param {string} change.state the new state by the fund's classifier, for example `030` for closed
 * @param {string} [change.comment]
 * @param {Date} [change.time]
 */
export function sickLeaveChanged({ number, state, comment, time = new Date() }) {
  return event('ru.sfr.sickleave.changed', number, time, { number, state, ...(comment ? { comment } : {}) });
}

/**
 * A piece of news for everybody.
 *
 * @param {{number: string, title: string}} news `number` is the fund's name for it
 */
export function announcementPublished({ number, title }) {
  const data = { number, importance: 'IMPORTANT', title: { ru: title }, text: { ru: title } };
  return event('ru.sfr.announcement.published', number, new Date(), data);
}

/**
 * How a system behind the cabinet does.
 *
 * @param {{system: string, state: string}} status
 */
export function systemStatus({ system, state }) {
  return event('ru.sfr.system.status', system, new Date(), { system, state });
}

/**
 * @param {string} type
 * @param {string} subject
 * @param {Date} time
 * @param {object} data
 */
function event(type, subject, time, data) {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: 'urn:ru:sfr:elmk',
    type,
    subject,
    time: time.toISOString(),
    datacontenttype: 'application/json',
    // Later than anything that was seeded: the server drops what is older than it has seen of a subject.
    sequence: String(time.getTime()).padStart(20, '0'),
    data,
  };
}

/**
 * Signs an event and posts it to the server.
 *
 * @param {string} command see KABINET_E2E_EVENT_COMMAND
 * @param {object} event
 * @throws {Error} with what the command printed, when it fails or takes more than 20 seconds
 */
export async function send(command, event) {
  const directory = await mkdtemp(path.join(tmpdir(), 'kabinet-event-'));
  try {
    const file = path.join(directory, 'event.json');
    await writeFile(file, JSON.stringify(event));
    await run('/bin/sh', ['-c', `${command} "$1"`, 'sh', file], { timeout: 20_000 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
