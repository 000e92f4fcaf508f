//! Every text: its key, which is the name of a method, and its values.

use super::{
    Texts,
    text::{PageText, Value as _},
};

macro_rules! texts {
    ($($key:ident($($name:ident: $kind:ty),*);)*) => {
        impl Texts {
            $(pub(in crate::http) fn $key(&self, $($name: $kind),*) -> PageText {
                self.text(stringify!($key), &[$((stringify!($name), $name.value())),*])
            })*
        }

        /// The keys, and the names of their values.
        #[cfg(test)]
        pub(super) const DECLARED: &[(&str, &[&str])] = &[$((stringify!($key), &[$(stringify!($name)),*])),*];
    };
}

texts! {
    unnamed();
    // A day, and a time of day. The pages have no script, so they cannot know the reader's time zone.
    day(month: u8, day: u8, year: i32); moment(day: &str, time: &str);
    // Buttons, which must fit on a telephone
    button_allow(); button_allow_again(); button_block(); button_continue(); button_continue_as(name: &str); button_deny();
    button_end_connections(); button_end_user(); button_refuse(); button_return(); button_review(); button_revoke();
    button_revoke_all(); button_revoke_application(count: usize); button_sign_in(); button_sign_out(); button_switch();
    button_unblock(); button_undo(); button_undo_denials(count: usize);
    // The questions: whether an application may act for the reader
    consent_title(); consent_question(client: &str); consent_explanation(server: &str); consent_next();
    consent_connections(); short_question(client: &str); short_explanation(client: &str, day: &str);
    confirmation_question(client: &str, name: &str); confirmation_explanation(name: &str); permissions();
    permissions_added(); permissions_before(); return_to(); published_at(host: &str); published_warning();
    warning_loopback(); warning_app(); warning_site();
    // After a denial
    denied_title(); denied_heading(); denied_explanation(); denied_returns(); denied_note(host: &str); review_title();
    review_heading(); review_explanation(client: &str); review_note();
    // Pages that go on by themselves
    forwarding_sign_in(); forwarding_return(); forwarding_link();
    // Your connections
    signed_in_as(name: &str); returns_to(hosts: &str); returns_to_more(hosts: &str, more: usize); described_at(host: &str);
    connections_title(); connections_sign_in(); connections_list(); connections_none(); connections_note(); connection_since(time: &str);
    connection_used(devices: usize, time: &str); connection_unused(); connection_addresses(addresses: &str);
    connection_remembered(); entra_clients(); entra_clients_explanation(); entra_clients_note();
    entra_client(application: &str); entra_client_called(first: &str, last: &str); entra_client_refused();
    // The operator's page
    operator_title(); operator_sign_in(); operator_explanation(); applications(); applications_none(); applications_more();
    registration(id: &str); known_since(time: &str); used(days: u32, time: &str); never_used(); is_blocked();
    entra_applications(); entra_application(id: &str); blocks(); blocks_none(); blocked_since(time: &str, target: &PageText);
    target_registration(value: &str); target_document(value: &str); target_document_host(value: &str);
    target_redirect_host(value: &str); target_entra_application(value: &str); block_kind(); block_redirect_host();
    block_document_host(); block_document(); block_registration(); block_entra_application(); block_value(); users();
    user_id(); records(); records_none(); records_earlier(); record_blocked(time: &str, operator: &str, target: &PageText);
    record_unblocked(time: &str, operator: &str, target: &PageText);
    record_ended_application(time: &str, operator: &str, target: &PageText);
    record_ended_user(time: &str, operator: &str, user: &str); record_uncertain();
    // Errors: the problem, and what to do
    detail(); leads_elsewhere(host: &str); connect_again(); open_again(path: &str); incomplete_title(); decision_title();
    decision_foreign(); decision_forged(); cookie_title(); cookie(); expired_title(); expired(); completed_title();
    completed(); decided_title(); decided(); unavailable_title(); unavailable(); invalid_title(); invalid();
    invalid_advice(); invalid_query(); invalid_redirect(); invalid_parameter(name: &str); invalid_document();
    not_allowed_title(); not_allowed_host(); not_allowed_blocked(); lookup_title(); lookup(); unknown_title(); unknown();
    unknown_vscode(); unknown_claude(); unknown_chatgpt(); unknown_inspector(); unknown_gemini(); unknown_copilot();
    unknown_mcp_remote(); unknown_others();
    sign_in_unknown_title(); sign_in_again(path: &str); not_signed_in_title(); not_signed_in(path: &str); not_operator_title(); not_operator();
    other_browser_title(); other_browser(); interrupted_title(); interrupted(); still_refused_title(); still_refused();
    organisation_title(); organisation_policy(); organisation_assignment(); organisation_consent(); admin_consent_title();
    admin_consent(); admin_consent_unknown(); request_title(); request_foreign(path: &str); target_title(); target();
    object_id_title(); object_id(); repeated_title(); repeated(); full_title(); full(); too_many_title(); too_many();
    too_many_of_yours(); too_many_lookups(); body_title(); body_too_large(); body_late(); body_incomplete(); busy_title(); busy();
}
