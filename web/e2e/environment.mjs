/**
 * The started server that the tests run against.
 *
 *   KABINET_E2E_URL            its address, for example http://127.0.0.1:8080
 *   KABINET_E2E_EVENT_COMMAND  a shell command that signs and posts the CloudEvents file whose path is appended
 *   CHROMIUM                   the browser; by default /usr/bin/chromium
 *   KABINET_E2E_BINARY         the program, for tests that start it themselves; by default bin/kabinet
 */
import { fileURLToPath } from 'node:url';

/** @returns {string} address of the server */
export function serverUrl() {
  return required('KABINET_E2E_URL');
}

/** @returns {string} */
export function eventCommand() {
  return required('KABINET_E2E_EVENT_COMMAND');
}

/** @returns {string} path of the browser */
export function chromiumPath() {
  return process.env.CHROMIUM || '/usr/bin/chromium';
}

/** @returns {string} path of the program */
export function binaryPath() {
  return process.env.KABINET_E2E_BINARY || fileURLToPath(new URL('../../bin/kabinet', import.meta.url));
}

/** @param {string} name */
function required(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: these tests need a started server, see e2e/environment.mjs`);
  }
  return value;
}
