/** What a component has to show: nothing yet, the reason why there is nothing, or its data. */
export type State<T> =
  | { readonly is: 'loading' }
  | { readonly is: 'failed'; readonly code: string; readonly message: string; readonly retry?: () => void }
  | { readonly is: 'ready'; readonly data: T };

export const loading = { is: 'loading' } as const;
export const ready = <T>(data: T) => ({ is: 'ready', data }) as const;

/** The rest of a list. */
export interface Rest {
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly loadMore: () => void;
}

/** How many rows the lists of the page ask for at once. */
export const pageSize = { feed: 7, posts: 3, people: 6 };
