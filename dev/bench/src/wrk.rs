//! The load generator, wrk.

use std::{error::Error, fs, path::Path, process::Command};

/// One run, as wrk reports it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    /// The median of the latencies, in milliseconds.
    pub(crate) median: f64,
    /// Answers with another status than 2xx and 3xx.
    pub(crate) refused: u64,
}

/// A request that is sent again and again.
pub(crate) struct Post<'a> {
    pub(crate) url: &'a str,
    /// Each request has the next of these access tokens.
    pub(crate) tokens: &'a [String],
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
    wrk.args(["--latency", "--timeout", "30s", "-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"]);
    let output = wrk.arg(post.script).arg(post.url).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    parse(&text).ok_or_else(|| format!("wrk: {text}").into())
}

/// Lua. `[==[` begins a text without escapes.
fn script(post: &Post<'_>) -> String {
    let bearer = |token: &str| format!("wrk.headers['Authorization'] = 'Bearer ' .. {token}\n");
    let authorization = match post.tokens {
        [] => String::new(),
        [token] => bearer(&format!("'{token}'")),
        tokens => format!(
            "local tokens, last = {{'{}'}}, 0\nrequest = function()\nlast = last % #tokens + 1\n{}return wrk.format()\nend\n",
            tokens.join("','"),
            bearer("tokens[last]"),
        ),
    };
    format!(
        "wrk.method = 'POST'\nwrk.body = [==[{}]==]\nwrk.headers['Content-Type'] = 'application/json'\n\
         wrk.headers['Accept'] = 'application/json, text/event-stream'\n\
         wrk.headers['MCP-Protocol-Version'] = '2025-11-25'\n{authorization}",
        post.body,
    )
}

/// The run that wrk printed; `None` if a connection failed.
fn parse(text: &str) -> Option<Run> {
    let after = |label: &str| Some(text.lines().find_map(|line| line.trim().strip_prefix(label))?.trim());
    let requests = text.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok())?;
    let refused = after("Non-2xx or 3xx responses:").map_or(Some(0), |refused| refused.parse().ok())?;
    let (per_second, median) = (after("Requests/sec:")?.parse().ok()?, milliseconds(after("50%")?)?);
    let run = Run { requests, per_second, median, refused };
    (!text.contains("Socket errors") && requests > 0).then_some(run)
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
        let run = Run { requests: 42_086, per_second: 8_412.96, median: 0.812, refused: 0 };
        assert_eq!(parse(PRINTED), Some(run));
        let refused = PRINTED.replace("Requests/sec:", "  Non-2xx or 3xx responses: 188\nRequests/sec:");
        assert_eq!(parse(&refused), Some(Run { refused: 188, ..run }));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn latencies_have_units() {
        assert_eq!(
            ["500.00us", "2.00ms", "1.50s", "1.50m"].map(milliseconds),
            [Some(0.5), Some(2.0), Some(1_500.0), None]
        );
    }

    #[test]
    fn a_run_in_which_connections_failed_is_none() {
        assert_eq!(parse(&PRINTED.replace("Requests/sec:", "  Socket errors: connect 0\nRequests/sec:")), None);
    }

    #[test]
    fn the_script_has_the_body_as_it_is_and_the_tokens_that_there_are() {
        let post = Post { url: "http://x", tokens: &[], body: r#"{"a":"\n"}"#, script: Path::new("x") };
        assert!(script(&post).contains(r#"[==[{"a":"\n"}]==]"#) && !script(&post).contains("Bearer"));
        assert!(script(&Post { tokens: &["t".to_owned()], ..post }).contains("'Bearer ' .. 't'"));
        let tokens = ["t".to_owned(), "u".to_owned()];
        let many = script(&Post { url: "http://x", tokens: &tokens, body: "", script: Path::new("x") });
        assert!(many.contains("{'t','u'}") && many.contains("'Bearer ' .. tokens[last]"), "{many}");
    }
}
