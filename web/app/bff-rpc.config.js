// For `npm run generate`, with `make run` in another terminal.
export default { sources: [{ src: process.env.BFF_RPC ?? 'http://127.0.0.1:8080/rpc', dist: 'src/data/rpc/api.generated.ts' }] };
