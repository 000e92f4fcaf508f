//! `smoke URL`: tries a deployed server and prints a line for each fact; exit code 1 if one is not as it should be or,
//! with `--all`, is undecided.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use smoke::{News, Options};
use url::Url;

/// Try a deployed server, a line for each fact that only a deployment shows.
#[derive(Parser)]
#[command(name = "smoke", bin_name = "cargo xtask smoke")]
struct Arguments {
    /// Where clients reach the server, such as `https://apim-NAME.azure-api.net`.
    #[arg(value_parser = origin)]
    url: Url,
    /// The function app's own origin, such as `https://func-NAME.azurewebsites.net`, which must answer nobody.
    #[arg(long, value_parser = origin)]
    function_host: Option<Url>,
    /// How long it may take until GET /health is 200; after a deployment, new roles need minutes to hold.
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    wait: u64,
    /// Print a URL to sign in at in a browser on this machine, and try what needs an access token.
    #[arg(long)]
    sign_in: bool,
    /// How long to wait for the sign-in.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    sign_in_within: u64,
    /// How long the stream must stay open; what is in front of the handler cuts silent ones after 240 s.
    #[arg(long, default_value_t = 270, value_name = "SECONDS")]
    stream: u64,
    /// Run into the limit on registrations from this machine's address, which then has to wait for a minute.
    #[arg(long)]
    address_limit: bool,
    /// Fail if a fact is skipped, too.
    #[arg(long)]
    all: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        url: arguments.url,
        function_host: arguments.function_host,
        wait: Duration::from_secs(arguments.wait),
        sign_in: arguments.sign_in.then_some(Duration::from_secs(arguments.sign_in_within)),
        stream: Duration::from_secs(arguments.stream),
        address_limit: arguments.address_limit,
    };
    let report = smoke::run(&options, &|news| match news {
        News::Line(line) => println!("{line}"),
        News::SignIn(url) => println!("     sign in at {url}"),
    })
    .await;
    println!("{report}");
    if let Some(hint) = report.hint(&options) {
        println!("{hint}");
    }
    if report.failed() || (arguments.all && report.skipped()) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A path, a query or a fragment would be lost.
fn origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if bare && matches!(url.scheme(), "https" | "http") {
        Ok(url)
    } else {
        Err("an origin is needed, such as https://HOST".to_owned())
    }
}
