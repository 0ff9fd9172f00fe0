// Monaco runs its language services in workers. Each is a classic script beside this bundle, so that
// `worker-src 'self'` is enough.

const scripts = { graphql: 'graphql.worker.js', json: 'json.worker.js' };

/** Tells Monaco where its workers are. To be called before the first editor is made. */
export function installWorkers() {
  globalThis.MonacoEnvironment = {
    getWorker(_moduleId, label) {
      return new Worker(new URL(scripts[label] ?? 'editor.worker.js', import.meta.url));
    },
  };
}
