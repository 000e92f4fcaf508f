// What the queries of `traces` must return, computed from the lines without KQL.

const sum = (lines, member) => lines.reduce((total, line) => total + (line[member] ?? 1), 0);
const shown = (timestamp) => timestamp.replace('T', ' ').replace('Z', '');
const times = (lines) => lines.map((line) => line.timestamp).sort().map(shown);
const first = (lines) => times(lines).at(0);
const latest = (lines) => times(lines).at(-1);
/** The smallest value that is not below this share of the values. */
const percentile = (values, share) => values.toSorted((a, b) => a - b).at(Math.ceil(values.length * share) - 1);

function grouped(lines, key) {
  const groups = new Map();
  for (const line of lines) {
    const of = JSON.stringify(key(line));
    groups.set(of, [...(groups.get(of) ?? []), line]);
  }
  return [...groups].map(([of, members]) => [JSON.parse(of), members]);
}

const counted = (lines, key) => grouped(lines, key).map(([of, members]) => ({
  ...of,
  requests: sum(members, 'requests'),
  last_at: latest(members),
}));

/** For each query, the rows that it must have in any order, as far as they are given here. */
export const expected = {
  'audit-events': (lines) =>
    counted(
      lines.filter((line) => line.target === 'audit'),
      ({ event, reason = '', grant = '' }) => ({ event, reason, grant }),
    ),
  'audit-lines': (lines) =>
    lines
      .filter((line) => line.target === 'audit')
      .map(({ event, reason = '', endpoint = '', owner = '', grant = '', client = '', caller = '', requests = 1 }) =>
        ({ event, reason, endpoint, owner, grant, client, caller, requests })),
  refusals: (lines) =>
    counted(
      lines.filter((line) => line.event?.endsWith('_refused')),
      ({ event, reason = '', endpoint = '' }) => ({ event, reason, endpoint }),
    ),
  'limits-reached': (lines) =>
    counted(
      lines.filter((line) => line.event === 'limit_reached'),
      ({ reason, endpoint = '' }) => ({ limit: reason, endpoint }),
    ),
  blocks: (lines) =>
    counted(
      lines.filter((line) => line.event === 'operator_decided' || /^the (operator|organisation) (has )?block/.test(line.reason)),
      ({ event, reason }) => ({ event, reason }),
    ),
  'tool-calls': (lines) =>
    grouped(lines.filter((line) => line.event === 'tool_called'), ({ tool }) => ({ tool })).map(([of, calls]) => ({
      ...of,
      calls: calls.length,
      errors: calls.filter((call) => call.outcome === 'error').length,
      median: percentile(calls.map((call) => call.milliseconds), 0.5),
      p95: percentile(calls.map((call) => call.milliseconds), 0.95),
      slowest: Math.max(...calls.map((call) => call.milliseconds)),
    })),
  'service-calls': (lines) =>
    grouped(
      lines.filter((line) => line.event === 'service_calls'),
      ({ service, outcome }) => ({ service, outcome }),
    ).map(([of, members]) => ({
      ...of,
      calls: sum(members, 'calls'),
      average: Math.trunc(sum(members, 'total') / sum(members, 'calls')),
      slowest: Math.max(...members.map((line) => line.slowest)),
    })),
  'sign-ins': (lines) => {
    const steps = lines.filter((line) =>
      ['consent_allowed', 'consent_denied', 'signed_in', 'sign_in_failed', 'grant_made'].includes(line.event));
    const of = (line) => (line.event === 'grant_made' ? line.grant : line.authorization);
    const last = grouped(steps.filter(of), of).map(([, members]) => members.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)).at(-1));
    const ends = grouped(last, ({ event, reason = '' }) => ({ ends_with: event, reason }));
    return ends.map(([of, members]) => ({ ...of, sign_ins: members.length }));
  },
  versions: (lines) =>
    grouped(
      lines.filter((line) => ['process_started', 'service_calls'].includes(line.event)),
      ({ version }) => ({ version }),
    ).map(([of, members]) => ({ ...of, instances: new Set(members.map((line) => line.instance)).size, first_at: first(members), last_at: latest(members) })),
  'open-streams': (lines) => {
    const streams = lines.filter((line) => ['stream_opened', 'stream_closed'].includes(line.event));
    const five = 5 * 60 * 1000;
    const at = (line) => new Date(Math.floor(Date.parse(line.timestamp) / five) * five).toISOString().slice(0, 19).replace('T', ' ');
    return grouped(streams, (line) => ({ at: at(line) })).map(([of, members]) => {
      const most = grouped(members, (line) => line.instance).map(([, own]) => Math.max(...own.map((line) => line.open)));
      return { ...of, streams: most.reduce((total, open) => total + open, 0) };
    });
  },
  warnings: (lines) =>
    grouped(
      lines.filter((line) => ['WARN', 'ERROR'].includes(line.level) && (!line.trace_id || line.event === 'panicked')),
      ({ message, error = '' }) => ({ text: message, error }),
    ).map(([of, members]) => ({ ...of, lines: members.length, last_at: latest(members) })),
};
