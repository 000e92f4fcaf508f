//! The load generator, wrk.

use std::{error::Error, fs, path::Path, process::Command};

/// What wrk says of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    /// The median of the latencies, in milliseconds.
    pub(crate) median: f64,
}

/// A request that is sent again and again.
pub(crate) struct Post<'a> {
    pub(crate) url: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) body: &'a str,
    /// Where the script for wrk is written.
    pub(crate) script: &'a Path,
}

/// Says what to do if wrk is missing.
pub(crate) fn check_is_installed() -> Result<(), Box<dyn Error>> {
    match Command::new("wrk").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("wrk is missing ({error}): apt-get install wrk, or brew install wrk").into()),
    }
}

/// Sends the request on so many connections for so many seconds.
pub(crate) fn run(post: &Post<'_>, connections: u32, seconds: u32) -> Result<Run, Box<dyn Error>> {
    fs::write(post.script, script(post))?;
    let mut wrk = Command::new("wrk");
    wrk.args(["--latency", "-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"]);
    let output = wrk.arg(post.script).arg(post.url).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    parse(&text, post.token.is_some()).ok_or_else(|| format!("wrk: {text}").into())
}

/// Lua. `[==[` begins a text without escapes.
fn script(post: &Post<'_>) -> String {
    let token = post.token.map(|token| format!("wrk.headers['Authorization'] = 'Bearer {token}'\n"));
    format!(
        "wrk.method = 'POST'\nwrk.body = [==[{}]==]\nwrk.headers['Content-Type'] = 'application/json'\n\
         wrk.headers['Accept'] = 'application/json, text/event-stream'\n\
         wrk.headers['MCP-Protocol-Version'] = '2025-11-25'\n{}",
        post.body,
        token.unwrap_or_default(),
    )
}

/// What wrk printed; nothing if a request failed. wrk counts every status but 2xx and 3xx as a failure.
fn parse(text: &str, is_answered: bool) -> Option<Run> {
    let after = |label: &str| Some(text.lines().find_map(|line| line.trim().strip_prefix(label))?.trim());
    let requests = text.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok())?;
    let failed = text.contains("Socket errors") || (is_answered && text.contains("Non-2xx or 3xx responses"));
    let run = Run { requests, per_second: after("Requests/sec:")?.parse().ok()?, median: milliseconds(after("50%")?)? };
    (!failed && requests > 0).then_some(run)
}

fn milliseconds(text: &str) -> Option<f64> {
    let (digits, factor) = if let Some(digits) = text.strip_suffix("us") {
        (digits, 0.001)
    } else if let Some(digits) = text.strip_suffix("ms") {
        (digits, 1.0)
    } else {
        (text.strip_suffix('s')?, 1_000.0)
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As wrk 4.1.0 prints it.
    const PRINTED: &str = "\
Running 5s test @ http://127.0.0.1:35571/mcp
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.90ms    0.92ms  11.10ms   72.15%
    Req/Sec     8.46k   570.44     9.42k    68.00%
  Latency Distribution
     50%  812.00us
     75%    2.40ms
     90%    3.08ms
     99%    4.70ms
  42086 requests in 5.00s, 29.11MB read
Requests/sec:   8412.96
Transfer/sec:      5.82MB
";

    #[test]
    fn a_run_is_read() {
        assert_eq!(parse(PRINTED, true), Some(Run { requests: 42_086, per_second: 8_412.96, median: 0.812 }));
        assert_eq!(parse("", true), None);
    }

    #[test]
    fn latencies_have_units() {
        assert_eq!(
            ["500.00us", "2.00ms", "1.50s", "1.50m"].map(milliseconds),
            [Some(0.5), Some(2.0), Some(1_500.0), None]
        );
    }

    #[test]
    fn a_run_in_which_requests_failed_is_none() {
        let refused = PRINTED.replace("Requests/sec:", "  Non-2xx or 3xx responses: 42086\nRequests/sec:");
        assert_eq!(parse(&refused, true), None);
        assert!(parse(&refused, false).is_some(), "without a token every answer is 401");
        assert_eq!(parse(&PRINTED.replace("Requests/sec:", "  Socket errors: connect 0\nRequests/sec:"), false), None);
    }

    #[test]
    fn the_script_has_the_body_as_it_is_and_the_token_only_if_there_is_one() {
        let post = Post { url: "http://x", token: None, body: r#"{"a":"\n"}"#, script: Path::new("x") };
        assert!(script(&post).contains(r#"[==[{"a":"\n"}]==]"#) && !script(&post).contains("Bearer"));
        assert!(script(&Post { token: Some("t"), ..post }).contains("'Bearer t'"));
    }
}
