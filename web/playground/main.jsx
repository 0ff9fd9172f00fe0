// The playground: GraphiQL over the API of the origin that serves it. Nothing is loaded from anywhere else.
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './playground.css';
import { createFetcher } from './fetcher.js';
import { defaultTabs } from './operations/index.js';
import { SessionBar } from './session-bar.jsx';
import { installWorkers } from './workers.js';

installWorkers();

createRoot(document.getElementById('playground')).render(
  <>
    <SessionBar />
    <GraphiQL
      fetcher={createFetcher(globalThis.location)}
      defaultTabs={defaultTabs()}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>{/* The bar above already says whose API this is. */}<span /></GraphiQL.Logo>
    </GraphiQL>
  </>,
);
