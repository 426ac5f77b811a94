// For `npm run generate`.
export default { sources: [{ src: '../../rpc.json', dist: 'src/data/rpc/api.generated.ts' }] };
