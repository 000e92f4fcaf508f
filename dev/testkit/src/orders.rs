//! An API of the tenant beside Graph.

use authorization_server::state::api::RegisteredApi;

/// Nothing answers there.
pub static ORDERS: RegisteredApi = RegisteredApi {
    name: "Contoso Orders",
    application_id_uri: "api://contoso.example/orders",
    client_id: "an-id",
    origin: "https://orders.contoso.example",
};
