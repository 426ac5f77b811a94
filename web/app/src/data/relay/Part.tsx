import { GraphQLRequestError } from '@bff/client';
import { Component, type ReactNode, Suspense } from 'react';
import { loading, type State } from '../state';

type Show = (state: State<never>) => ReactNode;

interface Props {
  /** How the component looks without data. */
  readonly show: Show;
  readonly retry?: () => void;
  readonly children: ReactNode;
}

/** Waits for the fragments inside, and keeps their errors from the rest of the page. */
export function Part({ show, retry, children }: Props) {
  return (
    <Boundary show={show} retry={retry}>
      <Suspense fallback={show(loading)}>{children}</Suspense>
    </Boundary>
  );
}

class Boundary extends Component<Props, { error?: Error }> {
  state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return this.props.show({ is: 'failed', code: codeOf(error), message: error.message, retry: this.props.retry });
  }
}

const codeOf = (error: Error) => (error instanceof GraphQLRequestError ? error.code : 'UNAVAILABLE');
