// What a run found: var/k6/summary.json for machines, a table for people.
import { codes, rounded, value } from './lib.js';

// summary is what handleSummary returns. Groups are the operations, or the steps of the stress profile.
export function summary(data, profile, groups) {
  const result = {
    profile: profile.name,
    base: __ENV.BASE,
    seconds: rounded(data.state.testRunDurationMs / 1000, 1),
    requests: value(data, 'http_reqs', 'count'),
    requestsPerSecond: rounded(value(data, 'http_reqs', 'rate'), 1),
    errorsByCode: Object.fromEntries(codes.map((code) => [code, value(data, `errors_by_code{code:${code}}`, 'count')]).filter(([, n]) => n > 0)),
    errorsWithoutCode: value(data, 'errors_without_code', 'count'),
    status5xx: value(data, 'status_5xx', 'count'),
    server: server(data),
    failedChecks: Object.fromEntries(data.root_group.checks.filter((c) => c.fails > 0).map((c) => [c.name, c.fails])),
    failedThresholds: failedThresholds(data),
  };
  const table = profile.name === 'stress' ? stress(result, data, profile, groups) : steady(result, data, profile, groups);
  const path = __ENV.SUMMARY || 'var/k6/summary.json';
  return { [path]: JSON.stringify(result, null, 2) + '\n', stdout: text(result, table, path) };
}

function steady(result, data, profile, groups) {
  result.operations = {};
  for (const name of groups) {
    const tag = `{operation:${name}}`;
    const time = `${name === 'subscription' ? 'event_delay' : 'http_req_duration'}${tag}`;
    result.operations[name] = {
      rate: rounded(value(data, `iterations${tag}`, 'count') / profile.duration),
      p50: rounded(value(data, time, 'med')),
      p95: rounded(value(data, time, 'p(95)')),
      p99: rounded(value(data, time, 'p(99)')),
      failed: value(data, `http_req_failed${tag}`, 'passes') + value(data, `checks${tag}`, 'fails'),
      dropped: value(data, `dropped_iterations${tag}`, 'count'),
      bytes: value(data, `data_received${tag}`, 'count'),
    };
  }
  const rows = Object.entries(result.operations).map(([name, o]) => [name, o.rate, o.p50, o.p95, o.p99, o.failed, o.dropped, o.bytes]);
  return [['operation', 'per second', 'p50 ms', 'p95 ms', 'p99 ms', 'failed', 'dropped', 'bytes'], ...rows];
}

// stress tells of the steps that ended. A step is held if it kept its thresholds, and so did all before it.
function stress(result, data, profile, groups) {
  result.heldPerSecond = 0;
  result.steps = [];
  for (const [i, name] of groups.entries()) {
    const rate = Number(name.replace('step-', ''));
    const tag = `{step:${rate}}`;
    const time = `http_req_duration${tag}`;
    if (!value(data, `iterations${tag}`, 'count')) break;
    const ended = data.state.testRunDurationMs / 1000 >= (i + 1) * (profile.duration + 1) - 1;
    const failed = result.failedThresholds.some((threshold) => threshold.includes(tag));
    const step = {
      rate,
      p50: rounded(value(data, time, 'med')),
      p95: rounded(value(data, time, 'p(95)')),
      p99: rounded(value(data, time, 'p(99)')),
      failed: value(data, `http_req_failed${tag}`, 'passes') + value(data, `checks${tag}`, 'fails'),
      dropped: value(data, `dropped_iterations${tag}`, 'count'),
      held: ended && !failed,
    };
    result.steps.push(step);
    if (step.held && (i === 0 || result.steps[i - 1].held)) result.heldPerSecond = rate;
  }
  const rows = result.steps.map((s) => [s.rate, s.p50, s.p95, s.p99, s.failed, s.dropped, s.held ? 'yes' : 'no']);
  return [['per second', 'p50 ms', 'p95 ms', 'p99 ms', 'failed', 'dropped', 'held'], ...rows];
}

function server(data) {
  const peak = (metric) => value(data, metric, 'max');
  return { goroutinesPeak: peak('server_goroutines'), memoryPeakMB: rounded(peak('server_memory_bytes') / (1 << 20), 1) };
}

export function failedThresholds(data) {
  const failed = [];
  for (const [metric, { thresholds = {} }] of Object.entries(data.metrics)) {
    for (const [condition, { ok }] of Object.entries(thresholds)) if (!ok) failed.push(`${metric} ${condition}`);
  }
  return failed.sort();
}

function text(result, rows, path) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => `${row[column]}`.length)));
  const line = (row) => row.map((cell, i) => (i === 0 ? `${cell}`.padEnd(widths[i]) : `${cell}`.padStart(widths[i]))).join('  ');
  const errors = Object.entries(result.errorsByCode).map(([code, n]) => `${code} ${n}`).join(', ') || 'none';
  const found = [
    ...rows.map(line),
    '',
    `${result.requests} requests in ${result.seconds} s; errors by code: ${errors}; without a code: ${result.errorsWithoutCode}; status 5xx: ${result.status5xx}`,
  ];
  if (result.server.goroutinesPeak) found.push(`server at its peak: ${result.server.memoryPeakMB} MB, ${result.server.goroutinesPeak} goroutines`);
  if (result.heldPerSecond !== undefined) found.push(`highest rate held: ${result.heldPerSecond} pages a second`);
  const failedChecks = Object.entries(result.failedChecks);
  if (failedChecks.length > 0) found.push('', 'checks that failed:', ...failedChecks.map(([name, n]) => `  ${n} × ${name}`));
  if (result.failedThresholds.length > 0) found.push('', 'thresholds that were not kept:', ...result.failedThresholds.map((t) => `  ${t}`));
  return ['', ...found, `written to ${path}`, ''].join('\n');
}
