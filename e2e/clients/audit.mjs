// The server audits of graphql-http, unchanged. They test the draft of GraphQL over HTTP of 2023.
import { serverAudits } from 'graphql-http';
import { ok, url } from './check.mjs';

// Audits that contradict the draft of August 2026: their id, and its rule.
const exceptions = {
  // Section "Variable coercion failure" under application/graphql-response+json: a server SHOULD answer 422.
  '86EE': 422,
};

const audits = serverAudits({ url });
ok('61 audits', audits.length === 61, audits.length);

for (const audit of audits) {
  const result = await audit.fn();
  if (exceptions[audit.id] !== undefined) {
    const status = result.response?.status;
    ok(`${audit.id} is an exception, answered ${exceptions[audit.id]}`, status === exceptions[audit.id], status ?? 'that it passes');
    continue;
  }
  const answer = result.status === 'ok' ? '' : `${result.status}: ${result.reason}`;
  ok(`${audit.id} ${audit.name}`, result.status === 'ok', answer);
}
