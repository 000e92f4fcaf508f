// Rows of tables that only Azure fills. schema.json names the page that each table's columns come from.

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const at = (minute) => `2026-11-29T10:${minute}:00.000000Z`;

const handlerLine = {
  timestamp: at('01'), level: 'WARN', target: 'remote_auth_mcp::http::app', error: 'the store is unavailable: x',
  message: 'request failed: a service behind this server is down', trace_id: TRACE,
};

/** The handler's lines that the requests below join with. */
export const lines = { instance: [handlerLine] };

const request = (role, resultCode, minute) => ({
  timestamp: at(minute), name: 'POST /token', resultCode, duration: 12.5, operation_Id: TRACE, cloud_RoleName: role, cloud_RoleInstance: 'x', itemCount: 1,
});

export const rows = {
  requests: [request('apim-x', '503', '02'), request('func-x', '200', '00')],
  AZKVAuditLogs: [
    { TimeGenerated: at('00'), OperationName: 'KeyUnwrap', HttpStatusCode: 200, CallerIpAddress: '20.0.0.1', DurationMs: 20 },
    { TimeGenerated: at('05'), OperationName: 'KeyUnwrap', HttpStatusCode: 200, CallerIpAddress: '20.0.0.1', DurationMs: 30 },
    { TimeGenerated: at('06'), OperationName: 'KeyUnwrap', HttpStatusCode: 403, CallerIpAddress: '203.0.113.9', DurationMs: 9 },
  ],
  CDBControlPlaneRequests: [
    { TimeGenerated: at('00'), AccountName: 'cosmos-x', OperationName: 'SqlRoleAssignmentCreate', Result: 'OK' },
    { TimeGenerated: at('09'), AccountName: 'cosmos-x', OperationName: 'AccountUpdateStart', Result: 'OK' },
  ],
  ApiManagementGatewayLogs: [
    { TimeGenerated: at('00'), OperationId: 'post-token', ResponseCode: 429, LastErrorSource: 'rate-limit-by-key', LastErrorReason: 'RateLimitExceeded' },
    { TimeGenerated: at('01'), OperationId: 'post-token', ResponseCode: 429, LastErrorSource: 'rate-limit-by-key', LastErrorReason: 'RateLimitExceeded' },
    { TimeGenerated: at('02'), OperationId: 'get-mcp', ResponseCode: 200, LastErrorSource: '', LastErrorReason: '' },
  ],
  _LogOperation: [
    { TimeGenerated: at('00'), Category: 'Ingestion', Detail: 'The data collection was stopped due to daily limit: OverQuota' },
    { TimeGenerated: at('01'), Category: 'Ingestion', Detail: 'Data collection resumed' },
  ],
};

const shown = (minute) => `2026-11-29 10:${minute}:00`;

/** The rows that each query must return, in order. */
export const expected = {
  'failed-requests': [
    { timestamp: shown('02'), cloud_RoleName: 'apim-x', name: 'POST /token', resultCode: '503', duration: 12.5, level: 'WARN', text: handlerLine.message, error: handlerLine.error, operation_Id: TRACE },
  ],
  'one-request': [
    { at: shown('00'), source: 'func-x', what: 'POST /token 200', line: null },
    { at: shown('01'), source: 'handler', what: handlerLine.message, line: JSON.stringify(handlerLine) },
    { at: shown('02'), source: 'apim-x', what: 'POST /token 503', line: null },
  ],
  'vault-operations': [
    { OperationName: 'KeyUnwrap', HttpStatusCode: 200, CallerIpAddress: '20.0.0.1', calls: 2, last_at: shown('05') },
    { OperationName: 'KeyUnwrap', HttpStatusCode: 403, CallerIpAddress: '203.0.113.9', calls: 1, last_at: shown('06') },
  ],
  'store-changes': [
    { TimeGenerated: shown('09'), AccountName: 'cosmos-x', OperationName: 'AccountUpdateStart', Result: 'OK' },
    { TimeGenerated: shown('00'), AccountName: 'cosmos-x', OperationName: 'SqlRoleAssignmentCreate', Result: 'OK' },
  ],
  'gateway-errors': [
    { OperationId: 'post-token', ResponseCode: 429, LastErrorSource: 'rate-limit-by-key', LastErrorReason: 'RateLimitExceeded', requests: 2, last_at: shown('01') },
  ],
  'alert-daily-cap': [
    { TimeGenerated: shown('00'), Category: 'Ingestion', Detail: 'The data collection was stopped due to daily limit: OverQuota' },
  ],
};
