/** The variables of an operation whose document has no types. */
export type Variables = Record<string, any>;

/** What a parsed document has that this client reads: its text, or a way to print it, or its persisted id. */
export interface DocumentNode {
  readonly kind: string;
  readonly definitions: readonly any[];
  readonly loc?: { readonly source?: { readonly body: string } } | undefined;
}

/** A text, as an object: the codegen client preset in string mode makes these. */
interface DocumentText {
  readonly length: number;
  toString(): string;
}

/**
 * A document that knows the types of its result and variables: a TypedDocumentString, a TypedDocumentNode, a document
 * of gql.tada. Or a plain string, which knows none.
 */
export type Document<TResult, TVariables> =
  | string
  | ((DocumentText | DocumentNode) & { readonly __apiType?: ((variables: TVariables) => TResult) | undefined });

export type Print = (document: any) => string;

export interface Source {
  readonly text: string;
  readonly documentId: string | undefined;
}

/** Reads a document: its text if it has one, and the id under which the server knows it. */
export function sourceOf(document: Document<any, any>, print?: Print): Source {
  if (typeof document === 'string') return { text: document, documentId: undefined };

  const { documentId, __meta__: meta } = document as { documentId?: string; __meta__?: { hash?: string } };
  return { text: textOf(document, print), documentId: documentId ?? meta?.hash };
}

function textOf(document: DocumentText | DocumentNode, print?: Print): string {
  if ('length' in document) return document.toString();
  if (!document.definitions?.length) return ''; // persisted: only the id is left
  const text = print ? print(document) : document.loc?.source?.body;
  if (!text) throw new TypeError('a parsed document without its text needs the option `print`');
  return text;
}

export type Kind = 'query' | 'mutation' | 'subscription';

const noise = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\])*"|#.*/g;
const token = /[{(]|[)}]|\b(query|mutation|subscription|fragment)\b[\s,]*([_A-Za-z]\w*)?/g;

/**
 * Finds what kind of operation a text holds, and its name. With several operations the named one counts. It needs no
 * parser: an operation begins with a keyword, or a bare brace, outside of all brackets.
 */
export function operationOf(text: string, name?: string): { kind: Kind | undefined; name: string | undefined } {
  const found: { kind: Kind; name: string | undefined }[] = [];
  let depth = 0;
  let headed = false; // inside a definition that began with a keyword
  for (const [part, keyword, called] of text.replace(noise, ' ').matchAll(token)) {
    if (part === '{' || part === '(') {
      if (!depth++ && !headed) found.push({ kind: 'query', name: undefined });
    } else if (keyword === undefined) {
      if (!--depth && part === '}') headed = false;
    } else if (!depth && !headed) {
      headed = true;
      if (keyword !== 'fragment') found.push({ kind: keyword as Kind, name: called });
    }
  }
  const chosen = name === undefined ? found : found.filter((operation) => operation.name === name);
  return { kind: chosen[0]?.kind, name: name ?? (found.length === 1 ? found[0]?.name : undefined) };
}
