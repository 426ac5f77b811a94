import type { Settings } from './settings';

/** Where the two differ in more than their form, and how the numbers come about. */
export function Notes({ settings, protocol }: { readonly settings: Settings; readonly protocol: string | undefined }) {
  return (
    <section className="card notes" aria-labelledby="notes">
      <h2 id="notes">What to know when reading this</h2>
      <div className="columns">
        <div>
          <h3>Where the approaches force something</h3>
          <ul>
            <li>
              <b>RPC:</b> a procedure was written for each of these components, and answers whole objects. Dates, bodies and ids that the screen does not show travel, too.
            </li>
            <li>
              <b>GraphQL, more than ten components:</b> a batch takes ten operations, so the client sends several requests, and what two of them want alike is
              loaded twice. RPC takes 50 calls.
            </li>
            <li>
              <b>GraphQL, composed:</b> fields that several components want are asked for once; somebody has to keep that query in step with the components.
              Without @defer all wait for the slowest.
            </li>
            <li>
              <b>Persisted ids:</b> the server has seen every text once, in the round that warms up. An id is 64 characters long however long its query is: that
              pays for real documents, and costs for some as short as these.
            </li>
          </ul>
        </div>
        <div>
          <h3>How it is measured</h3>
          <ul>
            <li>
              A time is <code>performance.now()</code> when a component's promise is kept, minus that at the click. No component renders anything.
            </li>
            <li>
              Bytes up are those of request bodies; bytes down those of response bodies as they travelled, compressed, by the browser's resource timing. Headers
              are counted in neither.
            </li>
            <li>
              Executions, backend calls and server time come from the server's access records of the run. Server time is that of the longest operation.
            </li>
            <li>
              A series warms up once, then runs {settings.rounds === 1 ? 'one round' : `${settings.rounds} rounds`}; in each round every contender has its turn,
              in an order drawn anew. Figures are medians, the bars are the last round.
            </li>
            <li>
              {protocol ? `The browser spoke ${protocol} here. ` : ''}Over HTTP/1.1 it opens at most six connections, so many single requests wait for each other;
              HTTP/2 behind a TLS balancer would not make them. The round trip to this server is that of your line, on this machine nearly none.
            </li>
            <li>The reproducible comparison, with confidence intervals and CPU, is a program: <code>make compare</code>.</li>
          </ul>
        </div>
      </div>
    </section>
  );
}
