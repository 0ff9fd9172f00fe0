// A cabinet of a test's own, for set-ups that the common one does not have.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How long it may take to become ready, and to end, in milliseconds. */
const patience = 60_000;

/**
 * Below the ports that the kernel gives to outgoing connections: none of those must take it before the cabinet does.
 *
 * @returns {Promise<number>} a port that was free a moment ago
 */
export async function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (free) {
      server.close();
      await once(server, 'close');
      return port;
    }
  }
}

/**
 * Starts bin/kabinet in demo mode, with nothing beside it and data of its own.
 *
 * @param {object} options
 * @param {string} options.binary
 * @param {number} options.port of the API
 * @param {Record<string, string>} options.settings further KABINET_* variables
 */
export async function startCabinet({ binary, port, settings }) {
  const directory = await mkdtemp(path.join(tmpdir(), 'kabinet-e2e-'));
  const admin = await freePort();
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KABINET_')));
  const child = spawn(binary, ['serve'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...environment,
      KABINET_MODE: 'demo',
      KABINET_DATA_DIR: directory,
      KABINET_ADDR: `127.0.0.1:${port}`,
      KABINET_PUBLIC_URL: `http://127.0.0.1:${port}`,
      KABINET_ADMIN_ADDR: `127.0.0.1:${admin}`,
      KABINET_ESIA_EMULATOR_ADDR: '127.0.0.1:0',
      KABINET_DEMO_FUND: 'quiet',
      ...settings,
    },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const ended = once(child, 'exit');

  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), patience);
    await ended;
    clearTimeout(killer);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await ready(`http://127.0.0.1:${admin}/readyz`, child);
  } catch (error) {
    await stop();
    throw new Error(`the cabinet did not become ready:\n${log}`, { cause: error });
  }
  return { stop, log: () => log };
}

/**
 * @param {string} address
 * @param {import('node:child_process').ChildProcess} child
 */
async function ready(address, child) {
  const deadline = AbortSignal.timeout(patience);
  while (!(await fetch(address, { signal: deadline }).then(({ ok }) => ok, () => false))) {
    deadline.throwIfAborted();
    if (child.exitCode !== null) {
      throw new Error(`it ended with ${child.exitCode}`);
    }
    await pause(50, undefined, { signal: deadline });
  }
}
