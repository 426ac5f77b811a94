// What the scripts share: where the server is, how it is asked, and how answers are counted.
import http from 'k6/http';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

export const BASE = (__ENV.BASE || 'http://127.0.0.1:8080').replace(/\/$/, '');

// How the server was seeded; run.sh seeds it so.
export const SEED_USERS = Number(__ENV.SEED_USERS || 1000);
export const SEED_POSTS = Number(__ENV.SEED_POSTS || 10000);

export const media = {
  json: 'application/json',
  graphql: 'application/graphql-response+json, application/json;q=0.9',
  lines: 'application/graphql-response+jsonl',
};

// The codes that an error can carry. The last three are never the client's fault.
export const codes = [
  'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT',
  'LIMIT_EXCEEDED', 'RATE_LIMITED', 'PERSISTED_QUERY_NOT_FOUND', 'DEADLINE_EXCEEDED', 'UNAVAILABLE', 'INTERNAL',
];
export const faults = codes.slice(-3);

const errorsByCode = new Counter('errors_by_code');
const otherErrors = new Counter('errors_without_code');
const serverFaults = new Counter('status_5xx');

// params are those of a request. Every request names its operation, because metrics are told apart by it.
export function params(operation, accept = media.graphql, more = {}) {
  return {
    tags: { operation, name: operation },
    timeout: '15s',
    ...more,
    headers: { 'Content-Type': 'application/json', Accept: accept, 'GraphQL-Client-Name': 'k6', ...more.headers },
  };
}

export function bearer(token) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

// post sends a body and returns the response.
export function post(operation, path, body, accept, more) {
  return note(http.post(BASE + path, typeof body === 'string' ? body : JSON.stringify(body), params(operation, accept, more)));
}

// note counts a response that says that the server is at fault.
export function note(response) {
  if (response.status >= 500) serverFaults.add(1);
  return response;
}

// ask sends one GraphQL operation and returns its answer.
export function ask(operation, query, variables, more) {
  return answer(operation, post(operation, '/graphql', { query, variables }, media.graphql, more));
}

// answer reads a response with one answer.
export function answer(operation, response) {
  return counted(operation, parse(response.body));
}

export function parse(text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
}

// lines reads JSON Lines; an empty line is a sign of life, and a line that is cut off is none.
export function lines(text) {
  const ended = (text || '').split('\n').slice(0, -1);
  return ended.filter((line) => line.trim() !== '').map(parse);
}

// counted counts the errors of an answer, of GraphQL or of a procedure, by their codes.
export function counted(operation, answer) {
  for (const error of answer.errors || (answer.error ? [answer.error] : [])) {
    const code = error.extensions ? error.extensions.code : error.code;
    if (codes.includes(code)) errorsByCode.add(1, { operation, code });
    else otherErrors.add(1, { operation });
  }
  return answer;
}

// expect records whether an answer has the content that it must have.
export function expect(operation, what, ok) {
  return check(null, { [what]: () => Boolean(ok) }, { operation });
}

// faultThresholds hold in every script: errors that a client cannot cause do not occur.
export function faultThresholds() {
  const thresholds = { status_5xx: ['count==0'], errors_without_code: ['count==0'] };
  for (const code of codes) thresholds[`errors_by_code{code:${code}}`] = [faults.includes(code) ? 'count==0' : 'count>=0'];
  return thresholds;
}

// value reads a number out of the data of handleSummary. A metric without samples has none: 0.
export function value(data, metric, stat) {
  const found = data.metrics[metric];
  return (found && found.values[stat]) || 0;
}

export function rounded(number, digits = 2) {
  return Number(number.toFixed(digits));
}

// What the seeds say of a user.
export function usernameOf(id) {
  return id === 1 ? 'lucus' : id === 2 ? 'mars' : `user${String(id).padStart(6, '0')}`;
}

export function maskedPhoneOf(id) {
  return (id <= 2 ? '131****' : '132****') + String(id % 10000).padStart(4, '0');
}

export function anyUser() {
  return 3 + Math.floor(Math.random() * SEED_USERS);
}
