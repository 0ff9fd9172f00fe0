import { readFile } from 'node:fs/promises';

/**
 * The text of one of the operations in `client/operations`.
 *
 * @param {'sick-leaves' | 'status-changed'} name
 * @returns {Promise<string>}
 */
export function readOperation(name) {
  return readFile(new URL(`operations/${name}.graphql`, import.meta.url), 'utf8');
}
