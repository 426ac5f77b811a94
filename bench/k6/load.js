// The load: every operation as an open model, at its own rate, with thresholds of its own. PROFILE chooses how long and
// how hard; README.md one folder up says what each profile is for.
import http from 'k6/http';
import exec from 'k6/execution';
import { Gauge } from 'k6/metrics';
import { faultThresholds } from './lib.js';
import { operations, reads } from './operations.js';
import { summary } from './summary.js';

export { setup } from './operations.js';

const profiles = {
  smoke: { duration: 10, scale: 1 },
  load: { duration: 60, scale: 3 },
  soak: { duration: 1800, scale: 2 },
  stress: { duration: 8, from: 50, factor: 1.3, steps: 17, p99: 100 }, // of each step
};

const profile = { name: __ENV.PROFILE || 'smoke' };
Object.assign(profile, profiles[profile.name]);
if (!profile.duration) throw new Error(`PROFILE must be one of ${Object.keys(profiles).join(', ')}`);
if (__ENV.DURATION) profile.duration = Number(__ENV.DURATION); // seconds
if (__ENV.SCALE) profile.scale = Number(__ENV.SCALE); // of the rates
const slack = Number(__ENV.SLACK || 1); // of the latencies that are allowed: more than 1 on a machine with other work

const plan = profile.name === 'stress' ? stress() : steady();

export const options = {
  scenarios: { ...plan.scenarios, ...watching() },
  thresholds: { ...plan.thresholds, ...faultThresholds() },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  userAgent: 'k6',
};

// steady runs all operations beside each other.
function steady() {
  const scenarios = {};
  const thresholds = {};
  for (const [i, [name, operation]] of Object.entries(operations).entries()) {
    const rate = operation.rate * profile.scale;
    scenarios[name] = {
      executor: 'constant-arrival-rate',
      exec: 'one',
      rate: Math.round(rate * 60),
      timeUnit: '1m',
      duration: `${profile.duration}s`,
      startTime: `${i * 77}ms`, // or operations of equal rates would arrive in step, as a burst
      preAllocatedVUs: Math.ceil(1 + rate * 0.2), // enough for answers in 200 ms, and further ones if they take longer
      maxVUs: Math.ceil(10 + rate * 3),
      gracefulStop: '10s',
      tags: { operation: name },
    };
    const tag = `{operation:${name}}`;
    const time = name === 'subscription' ? 'event_delay' : 'http_req_duration';
    thresholds[time + tag] = [`p(95)<${operation.p95 * slack}`, `p(99)<${operation.p99 * slack}`];
    thresholds[`checks${tag}`] = ['rate>0.999'];
    thresholds[`http_req_failed${tag}`] = ['rate<0.001'];
    thresholds[`dropped_iterations${tag}`] = [`count<=${Math.ceil(rate * profile.duration * 0.01)}`];
    Object.assign(thresholds, observed(`iterations${tag}`, `data_received${tag}`));
  }
  return { scenarios, thresholds };
}

// stress raises the rate of the reads step by step. The first step that is not held ends the run.
function stress() {
  const scenarios = {};
  const thresholds = {};
  for (let i = 0; i < profile.steps; i++) {
    const rate = Math.round(profile.from * profile.factor ** i);
    const start = i * (profile.duration + 1);
    scenarios[`step-${rate}`] = {
      executor: 'constant-arrival-rate',
      exec: 'mixed',
      rate,
      duration: `${profile.duration}s`,
      startTime: `${start}s`,
      preAllocatedVUs: Math.ceil(10 + rate * 0.1),
      maxVUs: Math.ceil(20 + rate * 0.3),
      gracefulStop: '1s',
      tags: { step: `${rate}` },
    };
    const tag = `{step:${rate}}`;
    const stop = { abortOnFail: true, delayAbortEval: `${start + Math.ceil(profile.duration / 2)}s` };
    thresholds[`http_req_duration${tag}`] = [{ threshold: `p(99)<${profile.p99 * slack}`, ...stop }];
    thresholds[`checks${tag}`] = [{ threshold: 'rate>0.999', ...stop }];
    thresholds[`dropped_iterations${tag}`] = [{ threshold: `count<=${Math.ceil(rate * profile.duration * 0.01)}`, ...stop }];
    Object.assign(thresholds, observed(`iterations${tag}`, `http_req_failed${tag}`));
  }
  return { scenarios, thresholds };
}

// observed thresholds always hold: k6 tells metrics apart by tags only where there is a threshold.
function observed(...metrics) {
  return Object.fromEntries(metrics.map((metric) => [metric, [`${metric.startsWith('http_req_failed') ? 'rate' : 'count'}>=0`]]));
}

// watching reads the server's own figures while it is loaded, if ADMIN says where they are.
function watching() {
  if (!__ENV.ADMIN) return {};
  const seconds = profile.name === 'stress' ? profile.steps * (profile.duration + 1) : profile.duration;
  return { server: { executor: 'constant-arrival-rate', exec: 'watch', rate: 1, duration: `${seconds}s`, preAllocatedVUs: 3, gracefulStop: '2s' } };
}

const figures = {
  go_goroutines: new Gauge('server_goroutines'),
  process_resident_memory_bytes: new Gauge('server_memory_bytes'),
};

export function watch() {
  const { body } = http.get(`${__ENV.ADMIN}/metrics`, { tags: { operation: 'server' } });
  for (const line of (body || '').split('\n')) {
    const [name, text] = line.split(' ');
    if (figures[name]) figures[name].add(Number(text));
  }
}

export function one(data) {
  operations[exec.scenario.name].run(data);
}

export function mixed(data) {
  operations[reads[exec.scenario.iterationInTest % reads.length]].run(data);
}

export function handleSummary(data) {
  return summary(data, profile, Object.keys(plan.scenarios));
}
