// For `npm run generate`.
export default { sources: [{ src: '../../rpc.json', dist: 'src/api.generated.ts' }] };
