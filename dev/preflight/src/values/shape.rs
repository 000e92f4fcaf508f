//! Texts whose shape no decorator of Bicep can say.

use std::net::Ipv4Addr;

use oauth_protocol::redirect_uri::PrivateUseSchemes;
use url::Url;

use super::{limits, members, names};

/// The values that the variable takes, if it does not take this one.
pub(super) fn unfit(variable: &str, value: &str) -> Option<String> {
    let (fits, takes) = match variable {
        // The resource group is rg-NAME, and a resource group's name does not end with a full stop.
        "AZURE_ENV_NAME" => (!value.ends_with('.'), "no full stop at its end"),
        "VNET_ADDRESS_PREFIX" => (is_network(value), "a private IPv4 network of 256 addresses such as 10.64.0.0/24"),
        "MCP_ALLOWED_ORIGINS" => (members(value).all(is_origin), "origins such as https://app.example.com, by commas"),
        "COSMOS_ACCOUNT_NAME" => (is_account(value), "3 to 44 small letters, digits and hyphens"),
        "MCP_LIMITS" => return limits::unfit(value),
        "APIM_PUBLISHER_EMAIL" | "BUDGET_CONTACT_EMAIL" => (is_email(value), "an e-mail address"),
        "BUDGET_START_DATE" => (is_first_of_month(value), "the first day of a month such as 2026-11-01"),
        "PRIVATE_USE_SCHEMES" => {
            let error = PrivateUseSchemes::known_and(value).err()?;
            return Some(format!("schemes of desktop clients such as cursor,vscode ({error})"));
        }
        "PREAUTHORIZED_CLIENT_IDS" => {
            (members(value).all(is_client), "application ids, by commas; :public behind a public one")
        }
        "DEFAULT_SCOPES" => return names::unfit(value, "scopes", "/scopes"),
        "MCP_TOOLS" => return names::unfit_tools(value),
        _ => return None,
    };
    (!fits).then(|| takes.to_owned())
}

/// The handler's own test: without a path, and written as a browser writes it.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}

/// A GUID, perhaps with `:public`.
fn is_client(text: &str) -> bool {
    let id = text.strip_suffix(":public").unwrap_or(text);
    let digits = id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    digits && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn is_network(text: &str) -> bool {
    let address = text.strip_suffix("/24").and_then(|address| address.parse::<Ipv4Addr>().ok());
    address.is_some_and(|address| address.is_private() && address.octets().ends_with(&[0]))
}

fn is_account(text: &str) -> bool {
    let known = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    (3..=44).contains(&text.len()) && text.chars().all(known) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@').filter(|_| !text.contains(char::is_whitespace));
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

fn is_first_of_month(text: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).is_ok_and(|date| date.day() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_takes_its_shape() {
        for (variable, fit, unfit_ones) in [
            ("AZURE_ENV_NAME", "prod.1", &["prod."][..]),
            ("VNET_ADDRESS_PREFIX", "192.168.4.0/24", &["10.64.0.0/16", "10.64.0.1/24", "8.8.8.0/24", "10.64.0.0"]),
            ("MCP_ALLOWED_ORIGINS", "https://a.example,http://b.example:81", &["a.example", "https://a.example/"]),
            ("APIM_PUBLISHER_EMAIL", "ops@contoso.example", &["ops", "ops@", "@contoso.example", "a b@c.d", "a@b@c.d"]),
            ("BUDGET_START_DATE", "2026-11-01", &["2026-11-15", "2026-13-01", "01.11.2026", "2026-11"]),
            ("COSMOS_ACCOUNT_NAME", "cosmos-restored", &["Cosmos", "a_b", "ab", "-ab", "cosmos-", "https://a"]),
            ("MCP_LIMITS", "streams=64,grants=200", &["streams", "other=1"]),
            ("DEFAULT_SCOPES", "user.read,mail.read", &["User.Read", "user.read;mail.read", "mail.send"]),
            (
                "MCP_TOOLS",
                "search_mail=Admin get_graph_user_details",
                &["search mail!", "send_mail", "search_mail=", "search_mail=admin"],
            ),
            (
                "PREAUTHORIZED_CLIENT_IDS",
                "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5,aebc6443-996d-45c2-90f0-388ff96faa56:public",
                &["vscode", "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5:secret", "5d8b3a0e6a1f4c398e0b2f7c94d1a6e5"],
            ),
            ("PRIVATE_USE_SCHEMES", "cursor,vscode", &["https", "Cursor", "1a"]),
        ] {
            assert_eq!(unfit(variable, fit), None, "{variable} {fit}");
            for value in unfit_ones {
                assert!(unfit(variable, value).is_some(), "{variable} {value}");
            }
        }
        assert_eq!(unfit("MCP_SERVER_NAME", "Any name"), None);
    }
}
