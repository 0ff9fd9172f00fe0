import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The licence texts of the packages that went into a bundle, in the order of their names.
 *
 * @param {string} root directory that holds node_modules
 * @param {string[]} inputs bundled files, relative to root
 * @returns {Promise<string>}
 * @throws {Error} when a package carries neither a licence file nor the name of its licence
 */
export async function thirdPartyLicences(root, inputs) {
  const found = inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  const directories = [...new Set(found.filter(Boolean))].sort();
  const sections = await Promise.all(directories.map((directory) => section(path.join(root, directory))));
  return [...new Set(sections)].join(`\n${'-'.repeat(80)}\n\n`);
}

async function section(directory) {
  const manifest = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  const file = (await readdir(directory)).sort().find((name) => /^licen[cs]e/i.test(name));
  if (!file && !manifest.license) {
    throw new Error(`${manifest.name} ${manifest.version} says nothing about its licence`);
  }
  const text = file ? await readFile(path.join(directory, file), 'utf8') : `Licence: ${manifest.license}`;
  const plain = text.replaceAll('\r\n', '\n').replace(/[ \t]+$/gm, '').trim();
  return `${manifest.name} ${manifest.version}\n\n${plain}\n`;
}
