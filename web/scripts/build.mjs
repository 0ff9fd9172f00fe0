// Builds the playground into dist/playground. The same sources and lock file give the same bytes, whatever the
// machine: no time stamps, no absolute paths, no source maps.
import { build } from 'esbuild';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { thirdPartyLicences } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = path.join(root, 'dist/playground');

const common = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  minify: true,
  metafile: true,
  // The licences of what is bundled are in licences.txt, whole.
  legalComments: 'none',
  charset: 'utf8',
  target: ['chrome111', 'firefox114', 'safari16.4'],
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.graphql': 'text', '.ttf': 'dataurl' },
  logLevel: 'warning',
};

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });

const results = await Promise.all([
  build({
    ...common,
    format: 'esm',
    jsx: 'automatic',
    entryPoints: { playground: 'playground/main.jsx' },
  }),
  build({
    ...common,
    format: 'iife',
    entryPoints: {
      'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
      'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    },
  }),
]);

for (const name of ['index.html', 'favicon.svg']) {
  await copyFile(path.join(root, 'playground', name), path.join(outdir, name));
}
const inputs = results.flatMap((result) => Object.keys(result.metafile.inputs));
await writeFile(path.join(outdir, 'licences.txt'), await thirdPartyLicences(root, inputs));

if (process.argv.includes('--sizes')) {
  for (const { metafile } of results) {
    for (const [name, output] of Object.entries(metafile.outputs)) {
      process.stdout.write(`${String(output.bytes).padStart(9)}  ${name}\n`);
      const heaviest = new Map();
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const packageName = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? 'kabinet';
        heaviest.set(packageName, (heaviest.get(packageName) ?? 0) + bytesInOutput);
      }
      for (const [packageName, bytes] of [...heaviest].sort((a, b) => b[1] - a[1]).slice(0, 8)) {
        process.stdout.write(`${String(bytes).padStart(9)}    ${packageName}\n`);
      }
    }
  }
}
