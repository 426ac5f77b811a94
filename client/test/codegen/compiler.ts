import { readFileSync } from 'node:fs';
import ts from 'typescript';

export const root = new URL('../..', import.meta.url).pathname;

/** Where files are that are only in memory: they find this package from there. */
export const folder = root + 'test/codegen/';

/** Those of this package, and stricter. */
export const options: ts.CompilerOptions = {
  ...ts.parseJsonConfigFileContent(ts.readConfigFile(root + 'tsconfig.json', (file) => readFileSync(file, 'utf8')).config, ts.sys, root).options,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  erasableSyntaxOnly: true,
};
