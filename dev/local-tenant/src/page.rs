//! The pages people see: choosing a user, and a refusal that cannot go back to the app.

use crate::{
    authorize::AuthorizeRequest,
    registration::{APP_NAME, TENANT_ID},
    users::User,
};

const STYLE: &str = "
:root { color-scheme: light dark; --text: #1b1b1b; --soft: #555; --page: #f2f2f2; --card: #fff; --line: #8a8a8a; --accent: #0f5a9c; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f2f2f2; --soft: #bdbdbd; --page: #161616; --card: #242424; --line: #8a8a8a; --accent: #8cc4f5; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 28rem; margin: 4vh auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.25rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; }
ul { margin: 0; padding-inline-start: 1.25rem; }
code, .text { overflow-wrap: anywhere; }
.mark { margin: 0 0 1rem; color: var(--soft); font-size: .875rem; }
button { display: block; width: 100%; margin: .5rem 0; padding: .625rem .75rem; text-align: start; font: inherit; color: inherit;
  background: none; border: 1px solid var(--line); border-radius: .375rem; cursor: pointer; overflow-wrap: anywhere; }
button:hover { border-color: var(--accent); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button small { display: block; color: var(--soft); font-size: .875rem; }
.cancel { width: auto; margin-top: 1.25rem; }
";

fn document(title: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"mark\">Local tenant: not Microsoft. These are test users of this machine.</p>\n\
         {main}\n</main>\n</body>\n</html>\n"
    )
}

/// Every user is a button. Choosing one signs in and consents.
pub(crate) fn sign_in(id: &str, request: &AuthorizeRequest, users: &[&User]) -> String {
    let scopes: String = request.scopes.text().split_whitespace().map(scope).collect();
    let users: String = users.iter().map(|user| button(user)).collect();
    let to = escape(&request.return_to.redirect_uri);
    let main = format!(
        "<h1>Pick an account</h1>\n\
         <p><strong>{APP_NAME}</strong> signs you in and returns to <code>{to}</code>.</p>\n\
         <form method=\"post\" action=\"/{TENANT_ID}/login\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{id}\">\n\
         <div role=\"group\" aria-label=\"Accounts\">\n{users}</div>\n\
         <h2 id=\"scopes\">By signing in you allow</h2>\n<ul aria-labelledby=\"scopes\">\n{scopes}</ul>\n\
         <button class=\"cancel\" name=\"cancel\" value=\"1\">Cancel</button>\n</form>"
    );
    document(&format!("Sign in to {APP_NAME}"), &main)
}

fn button(user: &User) -> String {
    let User { display_name, user_principal_name, oid, .. } = user;
    format!(
        "<button name=\"user\" value=\"{oid}\"><bdi>{}</bdi><small><bdi>{}</bdi></small></button>\n",
        escape(display_name),
        escape(user_principal_name)
    )
}

fn scope(scope: &str) -> String {
    format!("<li><code>{}</code></li>\n", escape(scope))
}

/// A refusal in Entra's words.
pub(crate) fn refusal(description: &str) -> String {
    let description = escape(description);
    document(
        "Sign-in failed",
        &format!("<h1>Sorry, but we’re having trouble signing you in.</h1>\n<p class=\"text\">{description}</p>"),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_escaped() {
        let page = refusal("<script>'\"&");
        assert!(page.contains("&lt;script&gt;&#39;&quot;&amp;"), "{page}");
        assert!(!page.contains("<script"));
    }
}
