// What Relay's compiler leaves to the bundler: a graphql`…` in the source becomes the artifact of its name. The text of
// the document is in there; at run time nothing is parsed.
//
//   plugins: [relayTags()]        in Vite
//   plugins: [relayTagsEsbuild()] in esbuild
import { readFile } from 'node:fs/promises';

const tag = /graphql`\s*(?:query|mutation|subscription|fragment)\s+(\w+)[^`]*`/g;

/** compileTags returns the code with its tags replaced, or nothing if it has none. */
export function compileTags(code) {
  const names = [...code.matchAll(tag)].map(([, name]) => name);
  if (!names.length) return undefined;
  const imports = names.map((name) => `import ${artifact(name)} from './__generated__/${name}.graphql.ts';`);
  // On the first line, so that line numbers stay.
  return imports.join(' ') + code.replace(tag, (text, name) => artifact(name) + text.replace(/[^\n]/g, ''));
}

const artifact = (name) => `${name}$artifact`;

export function relayTags() {
  return {
    name: 'relay-tags',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/data\/relay\/[^/]+\.tsx?$/.test(id)) return null;
      const compiled = compileTags(code);
      return compiled ? { code: compiled, map: null } : null;
    },
  };
}

export function relayTagsEsbuild() {
  return {
    name: 'relay-tags',
    setup(build) {
      build.onLoad({ filter: /\/data\/relay\/[^/]+\.tsx?$/ }, async ({ path }) => {
        const code = await readFile(path, 'utf8');
        return { contents: compileTags(code) ?? code, loader: 'tsx' };
      });
    },
  };
}
