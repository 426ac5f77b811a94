// Serves the procedures on farrow: node server.mjs --addr 127.0.0.1:PORT --users ADDR --posts ADDR
import cluster from 'node:cluster';
import { parseArgs } from 'node:util';
import api from 'farrow-api-server';
import farrow from 'farrow-http';
import { connect } from './backends.mjs';
import { entries } from './procedures.mjs';

const { values } = parseArgs({
  options: {
    addr: { type: 'string', default: '127.0.0.1:8090' },
    users: { type: 'string', default: '127.0.0.1:10000' },
    posts: { type: 'string', default: '127.0.0.1:10001' },
    'avatar-base': { type: 'string', default: 'http://www.chemputer.top/' },
    workers: { type: 'string', default: '1' }, // processes that share the port
  },
});
const [host, port] = values.addr.split(':');
const workers = Number(values.workers);

if (cluster.isPrimary && workers > 1) {
  let listening = 0;
  cluster.on('listening', () => ++listening === workers && ready());
  for (let i = 0; i < workers; i++) cluster.fork({ NODE_ENV: 'production' });
  onStop(() => cluster.disconnect(() => process.exit(0)));
} else {
  process.env.NODE_ENV = 'production'; // farrow logs and tells stacks otherwise
  const backends = connect(values.users, values.posts);
  const http = farrow.Http();
  http.route('/rpc').use(api.createApiService({ entries: entries(backends, values['avatar-base']) }));
  const server = http.server();
  server.keepAliveTimeout = 60_000; // a client's idle connection is not closed under it
  server.listen(Number(port), host, () => cluster.isPrimary && ready());
  onStop(() => {
    server.close(() => backends.close());
    server.closeIdleConnections();
    if (cluster.isWorker) cluster.worker.disconnect();
  });
}

function ready() {
  console.log(`farrow: http://${values.addr}/rpc`);
}

function onStop(stop) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
}
