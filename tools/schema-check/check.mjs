// Which changes stop a deploy.
import { diffSchemas, orphans } from './graphql.mjs';
import { diffDescriptions } from './rpc.mjs';

// Dangerous changes that stop. A client that leaves the argument out gets another answer, and nothing tells anybody: no
// type changes, no request is refused. Other dangerous changes add something that a careful client passes over.
const stopping = new Set(['FIELD_ARGUMENT_DEFAULT_CHANGED', 'INPUT_FIELD_DEFAULT_VALUE_CHANGED']);

/**
 * Compares contracts, each { schema: SDL, rpc: description }, and returns the findings, those that stop first. Each has
 * facade, change, coordinate, message, criticality (breaking, dangerous, safe), verdict (stop, pass) and why.
 */
export async function check(before, after, evidence) {
  const graphql = (await diffSchemas(before.schema, after.schema)).map((finding) => judge(finding, evidence));
  const rpc = diffDescriptions(before.rpc, after.rpc).map((finding) => judge(finding, evidence));

  // A type goes with the last thing that led to it.
  const gone = graphql.filter(({ criticality, verdict }) => criticality === 'breaking' && verdict === 'pass').map(({ coordinate }) => coordinate);
  const lost = gone.length ? orphans(before.schema, gone) : new Set();
  for (const finding of graphql) {
    if (finding.verdict === 'stop' && finding.change === 'TYPE_REMOVED' && lost.has(finding.coordinate)) {
      Object.assign(finding, { verdict: 'pass', why: 'only what is unused led to it' });
    }
  }

  const rank = ({ verdict, criticality }) => ['stopbreaking', 'stopdangerous', 'passbreaking', 'passdangerous', 'passsafe'].indexOf(verdict + criticality);
  return [...graphql, ...rpc].sort((a, b) => rank(a) - rank(b));
}

function judge({ facade, change, coordinate, message, criticality, alternatives, unprovable, farAway }, evidence) {
  const judged = (verdict, why) => ({ facade, change, coordinate, message, criticality, verdict, why });
  if (criticality === 'safe') return judged('pass', '');
  if (criticality === 'dangerous') {
    if (farAway) return judged('pass', 'no operation can name it');
    if (stopping.has(change)) return judged('stop', 'who leaves it out gets another answer, and nothing tells them');
    if (change.startsWith('DIRECTIVE_USAGE')) return judged('pass', 'no client breaks, but it guards data: a reviewer decides');
    return judged('pass', 'a client that does not know it goes on');
  }
  let why = unprovable ?? (change.endsWith('_ADDED') ? 'no client sends it yet' : 'it is not deprecated in the release');
  for (const coordinates of alternatives) {
    const not = evidence.whyNot(coordinates);
    if (!not) return judged('pass', `deprecated, and unused: no record names ${coordinates.join(' or ')}`);
    why = not;
  }
  return judged('stop', why);
}
