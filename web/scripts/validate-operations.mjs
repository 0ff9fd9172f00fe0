// Checks every operation that the playground, the client and the end-to-end tests send, and the variables of the
// playground's examples, against the schema.
//
//   npm run validate -- [FILE.graphql | DIRECTORY of .graphqls files]      by default ../schema.graphql
import { buildASTSchema, concatAST, getVariableValues, Kind, parse, Source, validate } from 'graphql';
import { readdir, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['playground/operations', 'client/operations'];

const schema = buildASTSchema(concatAST(await documents(path.resolve(process.argv[2] ?? path.join(root, '../schema.graphql')))));
let checked = 0;
let faults = 0;
for (const folder of folders) {
  for (const name of (await readdir(path.join(root, folder))).filter((it) => it.endsWith('.graphql')).sort()) {
    checked++;
    const operation = await document(path.join(root, folder, name), `${folder}/${name}`);
    const found = validate(schema, operation);
    for (const error of found.length > 0 ? found : await variableFaults(operation, path.join(root, folder, name))) {
      faults++;
      process.stderr.write(`${folder}/${name}: ${error}\n\n`);
    }
  }
}
process.stdout.write(`${checked} operations, ${faults} faults\n`);
process.exitCode = faults > 0 || checked === 0 ? 1 : 0;

async function documents(address) {
  if ((await stat(address)).isFile()) {
    return [await document(address, address)];
  }
  const names = (await readdir(address)).filter((it) => /\.graphqls?$/.test(it)).sort();
  return Promise.all(names.map((name) => document(path.join(address, name), name)));
}

/** What is wrong with NAME.variables.json, where an operation has such a file beside it. */
async function variableFaults(operation, file) {
  const text = await readFile(file.replace(/graphql$/, 'variables.json'), 'utf8').catch((fault) => {
    if (fault.code === 'ENOENT') {
      return undefined;
    }
    throw fault;
  });
  if (text === undefined) {
    return [];
  }
  const { variableDefinitions } = operation.definitions.find((it) => it.kind === Kind.OPERATION_DEFINITION);
  return getVariableValues(schema, variableDefinitions, JSON.parse(text)).errors ?? [];
}

async function document(file, name) {
  return parse(new Source(await readFile(file, 'utf8'), name));
}
