// One contender of the comparison at one arrival rate: the home page of N components, loaded in one way. Prints one JSON
// object and nothing else; k6's messages go to stderr.
//
//   k6 run -q --no-usage-report -e BASE=http://127.0.0.1:8080 -e CONTENDER=rpc-stream -e RATE=50 -e DURATION=10 -e N=6 bench/k6/contender.js
import { Counter } from 'k6/metrics';
import { BASE, faultThresholds, rounded, value } from './lib.js';
import { homePage, load, register, ways } from './page.js';
import { failedThresholds } from './summary.js';

const contender = __ENV.CONTENDER;
if (!ways[contender]) throw new Error(`CONTENDER must be one of ${Object.keys(ways).join(', ')}`);

const rate = Number(__ENV.RATE || 20); // pages a second
const seconds = Number(__ENV.DURATION || 10);
const warmUp = Number(__ENV.WARMUP || 2); // seconds at the same rate before, which are not counted
const n = Number(__ENV.N || 6);
const page = homePage(n);

const arrivals = { executor: 'constant-arrival-rate', rate, preAllocatedVUs: Math.ceil(5 + rate * 0.2), maxVUs: Math.ceil(20 + rate * 2) };
const measured = '{scenario:measured}';
const failedPages = new Counter('failed_pages');

export const options = {
  scenarios: {
    ...(warmUp > 0 && { warmUp: { ...arrivals, duration: `${warmUp}s`, gracefulStop: '2s' } }),
    measured: { ...arrivals, duration: `${seconds}s`, startTime: `${warmUp}s`, gracefulStop: '10s' },
  },
  batchPerHost: 6, // connections of a browser to one host over HTTP/1.1
  batch: 50,
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'count'],
  thresholds: {
    [`group_duration${measured}`]: ['p(99)>=0'], // only so that k6 tells the measured part from the rest
    [`http_reqs${measured}`]: ['count>=0'],
    [`http_req_failed${measured}`]: ['rate==0'],
    [`failed_pages${measured}`]: ['count==0'],
    [`dropped_iterations${measured}`]: ['count==0'],
    [`data_received${measured}`]: ['count>=0'],
    [`data_sent${measured}`]: ['count>=0'],
    ...faultThresholds(),
  },
};

export function setup() {
  if (contender.endsWith('-persisted')) register('setup', page.slice(0, 4)); // one of each kind
}

export default function () {
  if (!load(contender, contender, page)) failedPages.add(1);
}

export function handleSummary(data) {
  const pages = value(data, `group_duration${measured}`, 'count');
  const time = (stat) => rounded(value(data, `group_duration${measured}`, stat), 3);
  const perPage = (metric) => rounded(value(data, metric + measured, 'count') / Math.max(pages, 1), 1);
  const result = {
    contender, n, rate, seconds, base: BASE,
    pages,
    pagesPerSecond: rounded(pages / seconds),
    p50: time('med'), p95: time('p(95)'), p99: time('p(99)'), // milliseconds until the last component is there
    failed: value(data, `failed_pages${measured}`, 'count'),
    dropped: value(data, `dropped_iterations${measured}`, 'count'),
    requestsPerPage: perPage('http_reqs'),
    bytesDownPerPage: perPage('data_received'),
    bytesUpPerPage: perPage('data_sent'),
    failedThresholds: failedThresholds(data),
  };
  return { stdout: JSON.stringify(result) + '\n' };
}
