import 'graphiql/setup-workers/vite';
// The parts of graphiql/style.css, which as a whole would bring the editor's own styles a second time.
import '@graphiql/react/font/fira-code.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { fetcher } from './fetcher';
import { tabs } from './tabs';

const place = document.getElementById('playground');
if (!place) {
  throw new Error('the page has no place for the Playground');
}

createRoot(place).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    defaultEditorToolsVisibility="headers"
    inputValueDeprecation
    schemaDescription
    // A token in the headers must not outlive the page.
    shouldPersistHeaders={false}
  />,
);
