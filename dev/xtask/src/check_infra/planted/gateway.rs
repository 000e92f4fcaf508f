//! Errors planted among evaluated resources: API Management, its policies and its diagnostics.

use super::Planted;
use super::changes::Change::{Add, Again, Remove, Replace, Set};

const API: &str = "Microsoft.ApiManagement/service/apis";
const API_DIAGNOSTIC: &str = "Microsoft.ApiManagement/service/apis/diagnostics";
const API_POLICY: &str = "Microsoft.ApiManagement/service/apis/policies";
const DIAGNOSTIC: &str = "Microsoft.ApiManagement/service/diagnostics";
const LOGGER: &str = "Microsoft.ApiManagement/service/loggers";
const OPERATION: &str = "Microsoft.ApiManagement/service/apis/operations";
const OPERATION_POLICY: &str = "Microsoft.ApiManagement/service/apis/operations/policies";
const SERVICE: &str = "Microsoft.ApiManagement/service";

const SERVICE_POLICY_BUFFERS: &str = r#"{"type": "Microsoft.ApiManagement/service/policies", "name": "apim/policy",
    "properties": {"value": "<policies><backend><forward-request /></backend></policies>"}}"#;
const SERVICE_POLICY_SETS: &str = r#"{"type": "Microsoft.ApiManagement/service/policies", "name": "apim/policy",
    "properties": {"value": "<policies><inbound><set-header name='X-Gateway-Client-Address'><value>1</value></set-header></inbound></policies>"}}"#;
const PRODUCT_POLICY: &str =
    r#"{"type": "Microsoft.ApiManagement/service/products/policies", "name": "apim/p/policy"}"#;
const FRAGMENT: &str = r#"{"type": "Microsoft.ApiManagement/service/policyFragments", "name": "apim/f"}"#;
const UNMASKED: &str = r#"{"mode":"Mask","value":"other"}"#;
/// The token and its header, as they are and the wrong way round.
const TOKEN: &str = r#"<authentication-managed-identity resource=\"{{entra-client-id}}\" client-id=\"{{gateway-client-id}}\" output-token-variable-name=\"gateway-token\" ignore-error=\"false\" />\n    <set-header name=\"X-Gateway-Authorization\" exists-action=\"override\">\n      <value>@(\"Bearer \" + (string)context.Variables[\"gateway-token\"])</value>\n    </set-header>"#;
const LATE_TOKEN: &str = r#"<set-header name=\"X-Gateway-Authorization\" exists-action=\"override\">\n      <value>@(\"Bearer \" + (string)context.Variables[\"gateway-token\"])</value>\n    </set-header><authentication-managed-identity resource=\"{{entra-client-id}}\" client-id=\"{{gateway-client-id}}\" output-token-variable-name=\"gateway-token\" ignore-error=\"false\" />"#;

const D: &str = "defaults";
const V: &str = "vnet";

pub(super) const PLANTED: &[Planted] = &[
    ("routes-of-gateway", D, Remove(OPERATION)),
    ("routes-of-gateway", D, Replace(OPERATION, "\"/mcp/message\"", "\"/mcp/messages\"")),
    ("policies-stream", D, Replace(API_POLICY, r#"buffer-response=\"false\""#, "")),
    ("policies-stream", D, Add(SERVICE_POLICY_BUFFERS)),
    ("policies-forward-as-it-is", D, Replace(API_POLICY, r#"redirects=\"false\""#, r#"redirects=\"true\""#)),
    ("policies-forward-as-it-is", D, Replace(API_POLICY, r#"status-code=\"false\""#, r#"status-code=\"true\""#)),
    ("policies-forward-as-it-is", D, Replace(API_POLICY, r#"request-body=\"false\""#, r#"request-body=\"true\""#)),
    ("policies-only-where-judged", D, Add(PRODUCT_POLICY)),
    ("policies-only-where-judged", D, Add(FRAGMENT)),
    ("policies-inherit", D, Replace(OPERATION_POLICY, "<base />", "")),
    ("policies-leave-bodies-alone", D, Replace(API_POLICY, "</inbound>", "<set-body>x</set-body></inbound>")),
    (
        "policies-leave-bodies-alone",
        D,
        Replace(
            API_POLICY,
            "</inbound>",
            r#"<set-header name=\"X-Grant\"><value>@(context.Request.Body.AsFormUrlEncodedContent())</value></set-header></inbound>"#,
        ),
    ),
    ("policies-leave-cors-to-the-handler", D, Replace(API_POLICY, "</inbound>", "<cors /></inbound>")),
    ("policies-present-the-gateway", D, Replace(API_POLICY, "X-Gateway-Authorization", "X-Gateway")),
    ("policies-present-the-gateway", D, Replace(API_POLICY, r#"ignore-error=\"false\""#, r#"ignore-error=\"true\""#)),
    (
        "policies-present-the-gateway",
        D,
        Replace("Microsoft.ApiManagement/service/namedValues", "id-gateway", "id-workload"),
    ),
    ("policies-present-the-gateway", D, Replace(API_POLICY, TOKEN, LATE_TOKEN)),
    ("policies-present-the-gateway", D, Replace(API_POLICY, r#"Bearer \" + "#, r#"Bearer \" + \"x\" + "#)),
    (
        "policies-tell-the-address",
        D,
        Replace(API_POLICY, "<value>@(context.Request.IpAddress)", "<value>@(context.Request.IpAddress + 1)"),
    ),
    (
        "policies-set-trusted-headers-once",
        D,
        Replace(
            OPERATION_POLICY,
            "</inbound>",
            r#"<set-header name=\"x-gateway-client-address\"><value>1</value></set-header></inbound>"#,
        ),
    ),
    (
        "policies-set-trusted-headers-once",
        D,
        Replace(
            OPERATION_POLICY,
            "</outbound>",
            r#"<set-header name=\"X-Gateway-Authorization\"><value>1</value></set-header></outbound>"#,
        ),
    ),
    (
        "policies-set-trusted-headers-once",
        D,
        Replace(
            API_POLICY,
            "</inbound>",
            r#"<set-header name=\"X-Gateway-Client-Address\"><value>1</value></set-header></inbound>"#,
        ),
    ),
    ("policies-set-trusted-headers-once", D, Add(SERVICE_POLICY_SETS)),
    ("policies-limits-are-sane", D, Replace(API_POLICY, r#"calls=\"1200\""#, r#"calls=\"2001\""#)),
    ("policies-limits-are-sane", D, Replace(API_POLICY, r#"renewal-period=\"60\""#, r#"renewal-period=\"301\""#)),
    (
        "policies-limits-are-sane",
        D,
        Replace(OPERATION_POLICY, r#"renewal-period=\"60\""#, r#"renewal-period=\"60\" increment-count=\"0\""#),
    ),
    ("policies-limits-are-sane", D, Replace(OPERATION_POLICY, r#"calls=\"30\""#, r#"calls=\"1\""#)),
    ("policies-tell-the-address", D, Replace(API_POLICY, "X-Gateway-Client-Address", "X-Client-IP")),
    (
        "policies-tell-the-address",
        D,
        Replace(API_POLICY, r#"Address\" exists-action=\"override\""#, r#"Address\" exists-action=\"skip\""#),
    ),
    (
        "policies-hide-preflights",
        D,
        Replace(API_POLICY, r#"Method\" exists-action=\"delete\""#, r#"Method\" exists-action=\"skip\""#),
    ),
    (
        "policies-hide-preflights",
        D,
        Replace(API_POLICY, "Access-Control-Request-Method", "Access-Control-Request-Headers"),
    ),
    ("policies-answer-errors", D, Replace(API_POLICY, r#"code=\"503\""#, r#"code=\"500\""#)),
    ("policies-errors-say-when-to-return", D, Replace(API_POLICY, r#" retry-after-variable-name=\"retry-after\""#, "")),
    (
        "policies-errors-say-when-to-return",
        D,
        Replace(OPERATION_POLICY, r#" retry-after-variable-name=\"retry-after\""#, ""),
    ),
    ("policies-errors-say-when-to-return", D, Replace(API_POLICY, "<value>5</value>", "<value></value>")),
    ("policies-errors-are-readable", D, Replace(API_POLICY, "<value>*</value>", "<value>https://a.example</value>")),
    ("policies-errors-are-readable", D, Replace(API_POLICY, "<value>no-store</value>", "<value>public</value>")),
    (
        "policies-errors-are-readable",
        D,
        Replace(API_POLICY, r#"\"error\":\"temporarily_unavailable\","#, r#"\"error\":\"temporarily_unavailable\""#),
    ),
    ("policies-limit-each-address", D, Replace(API_POLICY, "context.Request.IpAddress", "context.Api.Id")),
    ("policies-limit-costly-endpoints", D, Remove(OPERATION_POLICY)),
    ("policies-limits-are-sane", D, Replace(OPERATION_POLICY, r#"calls=\"30\""#, r#"calls=\"1300\""#)),
    ("gateway-tier", D, Set(SERVICE, "/sku/name", "\"Consumption\"")),
    ("gateway-tier", V, Set(SERVICE, "/sku/name", "\"BasicV2\"")),
    ("gateway-one-api", D, Again(API)),
    ("gateway-api-at-root", D, Set(API, "/properties/path", "\"mcp\"")),
    ("gateway-api-needs-no-subscription", D, Set(API, "/properties/subscriptionRequired", "true")),
    ("gateway-https-only", D, Set(API, "/properties/protocols", r#"["http", "https"]"#)),
    ("gateway-backend", D, Set(API, "/properties/serviceUrl", "\"https://example.com\"")),
    ("diagnostics-at-every-scope", D, Remove(DIAGNOSTIC)),
    ("diagnostics-at-every-scope", D, Remove(API_DIAGNOSTIC)),
    ("diagnostics-at-every-scope", D, Again(DIAGNOSTIC)),
    ("diagnostics-no-payload", D, Set(DIAGNOSTIC, "/properties/frontend/request/body/bytes", "8192")),
    ("diagnostics-no-payload", D, Set(API_DIAGNOSTIC, "/properties/backend/response/body", "null")),
    (
        "diagnostics-no-credentials",
        D,
        Set(API_DIAGNOSTIC, "/properties/backend/request/headers", r#"["X-Gateway-Authorization"]"#),
    ),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"state"},"#, "")),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"access_token"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"code"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"id"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"id_token_hint"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"login_hint"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"nonce"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"request"}"#, UNMASKED)),
    ("diagnostics-mask-the-query", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"sessionId"}"#, UNMASKED)),
    ("diagnostics-no-address", D, Set(API_DIAGNOSTIC, "/properties/logClientIp", "true")),
    ("diagnostics-no-address", D, Set(DIAGNOSTIC, "/properties/logClientIp", "null")),
    ("diagnostics-logger-keyless", D, Set(LOGGER, "/properties/credentials/identityClientId", "null")),
    ("diagnostics-logger-keyless", D, Set("Microsoft.Insights/components", "/properties/DisableLocalAuth", "false")),
];
