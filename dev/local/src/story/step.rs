//! One line of the log, for people.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value};

use super::Detail;

/// Ids are told apart by their beginning.
const SHORT_ID: usize = 6;
/// The ids that join the lines of one sign-in: a grant has the id of the authorization that it came from.
const IDS: [&str; 3] = ["authorization", "grant", "client"];
/// The fields of a line that [`Step`] shows in any case.
const SHOWN: [&str; 5] = ["timestamp", "level", "target", "message", "event"];

/// The steps of a sign-in and of what follows. Other lines are told in their own words.
const STEPS: [(&str, &str); 16] = [
    ("client_registered", "An application registered."),
    ("access_refused", "A client called without a valid token, and was told where to sign in."),
    ("consent_allowed", "The user allowed the application."),
    ("consent_denied", "The user denied the application."),
    ("consent_withdrawn", "The user withdrew what was allowed."),
    ("signed_in", "Entra signed the user in."),
    ("sign_in_failed", "The sign-in did not complete"),
    ("signed_out", "The user signed out of a page of this server."),
    ("grant_made", "The application got its tokens."),
    ("grant_refreshed", "The application renewed its tokens."),
    ("grant_marked", "Entra wants the user to sign in again."),
    ("grant_ended", "The application lost its tokens"),
    ("tool_refused", "A tool was refused"),
    ("token_refused", "A token request was refused"),
    ("stream_opened", "An HTTP+SSE stream opened."),
    ("stream_closed", "An HTTP+SSE stream closed."),
];

/// How a step is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Good,
    Notable,
    Bad,
    Detail,
}

/// A step of the story.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// `17:03:12`, in UTC; empty for a line that is not the handler's.
    time: String,
    tone: Tone,
    text: String,
    /// The beginning of an id, or fields.
    more: String,
}

impl Step {
    /// The step that a line of the log tells of, if it is one.
    pub(super) fn of(line: &str, detail: Detail) -> Option<Self> {
        let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
            // Of the host, or of a handler that could not start.
            let text = line.to_owned();
            return Some(Self { time: String::new(), tone: Tone::Bad, text, more: String::new() });
        };
        let line = Line(fields);
        if detail == Detail::Steps && !line.is_step() {
            return None;
        }
        let more = if detail == Detail::Steps { line.short_id() } else { line.others() };
        let time = line.text("timestamp").get(11..19).unwrap_or_default().to_owned();
        Some(Self { time, tone: line.tone(), text: line.told(), more })
    }
}

struct Line(Map<String, Value>);

impl Line {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Calls of services are counted all the time; they are a step when they fail.
    fn is_step(&self) -> bool {
        match self.text("level") {
            "WARN" | "ERROR" => true,
            "INFO" => !["service_calls", "process_started"].contains(&self.text("event")),
            _ => false,
        }
    }

    fn tone(&self) -> Tone {
        let event = self.text("event");
        match self.text("level") {
            "ERROR" => Tone::Bad,
            "WARN" => Tone::Notable,
            "INFO" if self.text("outcome") == "error" => Tone::Notable,
            "INFO"
                if ["_refused", "_denied", "_failed", "_ended", "_marked"].iter().any(|end| event.ends_with(end)) =>
            {
                Tone::Notable
            }
            "INFO" => Tone::Good,
            _ => Tone::Detail,
        }
    }

    fn told(&self) -> String {
        let event = self.text("event");
        if event == "tool_called" {
            let outcome = if self.text("outcome") == "answered" { "answered" } else { "failed" };
            let after = self.0.get("milliseconds").map_or_else(String::new, |time| format!(" after {time} ms"));
            return format!("The tool {} {outcome}{after}.", self.text("tool"));
        }
        let (words, reason) = (STEPS.iter().find(|(step, _)| *step == event), self.reason());
        match words {
            Some((_, words)) if words.ends_with('.') => (*words).to_owned(),
            words => sentence(words.map_or(self.text("message"), |(_, words)| words), reason),
        }
    }

    fn reason(&self) -> &str {
        ["reason", "error", "upstream_error", "outcome"]
            .map(|name| self.text(name))
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }

    fn short_id(&self) -> String {
        let id = IDS.iter().map(|name| self.text(name)).find(|id| !id.is_empty()).unwrap_or_default();
        id.chars().take(SHORT_ID).collect()
    }

    fn others(&self) -> String {
        let others = self.0.iter().filter(|(name, _)| !SHOWN.contains(&name.as_str()));
        let others = others.map(|(name, value)| {
            value.as_str().map_or_else(|| format!("{name}={value}"), |text| format!("{name}={text}"))
        });
        others.collect::<Vec<_>>().join(" ")
    }
}

/// `token request refused`, `code expired`: `Token request refused: code expired.`
fn sentence(message: &str, reason: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{first}{}{because}.", letters.as_str())
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Notable => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Detail => Style::new(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, tone, text, more } = self;
        let (style, dim) = (tone.style(), Style::new().dimmed());
        write!(formatter, "{dim}{time:8}{dim:#}  {style}{text}{style:#}")?;
        if more.is_empty() { Ok(()) } else { write!(formatter, "  {dim}{more}{dim:#}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: &str, event: &str, more: &str) -> String {
        let event = if event.is_empty() { String::new() } else { format!(r#""event":"{event}","#) };
        format!(
            r#"{{"timestamp":"2026-11-25T02:14:07.120394Z","level":"{level}","target":"audit","message":"grant made",{event}{more}"trace_id":"4bf9"}}"#
        )
    }

    /// Without colours.
    fn told(line: &str, detail: Detail) -> Option<String> {
        Step::of(line, detail).map(|step| anstream::adapter::strip_str(&step.to_string()).to_string())
    }

    fn step(line: &str) -> Option<String> {
        told(line, Detail::Steps)
    }

    #[test]
    fn a_step_has_its_time_its_sentence_and_the_beginning_of_one_id() {
        let made = line("INFO", "grant_made", r#""grant":"Zm9vYmFyYmF6","client":"Y2xpZW50","#);
        assert_eq!(step(&made).unwrap(), "02:14:07  The application got its tokens.  Zm9vYm");
    }

    #[test]
    fn a_tool_is_told_with_its_outcome_and_its_time() {
        let called = |outcome| {
            let more = format!(r#""tool":"search_mail","outcome":"{outcome}","milliseconds":31,"#);
            step(&line("INFO", "tool_called", &more)).unwrap()
        };
        assert_eq!(called("answered"), "02:14:07  The tool search_mail answered after 31 ms.");
        assert_eq!(called("error"), "02:14:07  The tool search_mail failed after 31 ms.");
    }

    #[test]
    fn a_refusal_says_why_and_a_line_without_an_event_is_told_in_its_own_words() {
        let refused = line("INFO", "token_refused", r#""reason":"unknown code","#);
        assert_eq!(step(&refused).unwrap(), "02:14:07  A token request was refused: unknown code.");
        let own = line("WARN", "", r#""error":"no answer","#);
        assert_eq!(step(&own).unwrap(), "02:14:07  Grant made: no answer.");
    }

    #[test]
    fn counted_lines_and_lines_for_debugging_are_no_steps() {
        assert_eq!(step(&line("INFO", "service_calls", "")), None);
        assert_eq!(step(&line("DEBUG", "request_answered", "")), None);
        assert!(step(&line("WARN", "service_calls", "")).is_some());
    }

    #[test]
    fn with_everything_each_line_has_all_its_fields() {
        let answered = line("DEBUG", "request_answered", r#""status":200,"grant":"Zm9vYmFyYmF6","#);
        let told = told(&answered, Detail::Everything).unwrap();
        assert_eq!(told, "02:14:07  Grant made.  grant=Zm9vYmFyYmF6 status=200 trace_id=4bf9");
    }

    #[test]
    fn a_line_that_is_not_json_is_told_as_it_is() {
        assert_eq!(step("handler 0 ended: exit status: 1").unwrap().trim(), "handler 0 ended: exit status: 1");
    }

    #[test]
    fn steps_are_green_refusals_yellow_and_errors_red() {
        let colour = |level, event| Step::of(&line(level, event, ""), Detail::Steps).unwrap().to_string();
        assert!(colour("INFO", "grant_made").contains("\u{1b}[32m"));
        assert!(colour("INFO", "token_refused").contains("\u{1b}[33m"));
        assert!(colour("ERROR", "").contains("\u{1b}[31m"));
    }
}
