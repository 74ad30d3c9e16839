// Starts GraphiQL on the endpoint that served this page.
"use strict";

const root = document.getElementById("explorer");
const fetcher = GraphiQL.createFetcher({ url: root.dataset.endpoint });
const query = `# Ctrl-Enter runs the operation under the cursor; the book on the left holds the schema.
# Sign in with the signIn mutation, then put the token under Headers: {"Authorization": "Bearer TOKEN"}

{
  __typename
}
`;

ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery: query, defaultEditorToolsVisibility: "headers", shouldPersistHeaders: false }),
);
