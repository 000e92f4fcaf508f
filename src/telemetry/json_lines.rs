//! The shape of a line: `timestamp`, `level`, `target`, `message`, the event's own fields, then those of its request:
//! `caller`, `trace_id` and `span_id`.
//!
//! A line with the field `counted` is one that callers can cause as often as they like. Of each such place in the source
//! one line a second is written, and its `requests` says how many it stands for.

use std::{cell::Cell, fmt, io::Write as _, num::NonZeroU64, sync::Arc};

use authorization_server::ground::Clock;
use serde::{Serialize, Serializer, ser::SerializeMap};
use tracing::{
    Event, Metadata, Subscriber,
    callsite::Identifier,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer,
    fmt::{
        MakeWriter,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    layer::Context,
    registry::LookupSpan,
};

use super::{LogThrottle, audit, own_targets::is_ours, trace_context::SpanFields};

/// A line's buffer that grew beyond this is not kept for the next line.
const LARGEST_KEPT_BUFFER: usize = 16 * 1024;
/// The field of a line that is counted. It is not written itself.
const COUNTED: &str = "counted";

thread_local! {
    /// The buffer of the thread's last line. It is taken while a line is encoded, because a field's `Debug` may log, too.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Writes each event as one line, in one piece, so that lines of several threads do not mix.
pub struct JsonLines<W> {
    writer: W,
    counted: LogThrottle<Identifier>,
}

impl<W> JsonLines<W> {
    /// Writes lines to `writer`, and counts by this clock.
    pub fn new(writer: W, clock: Arc<dyn Clock>) -> Self {
        Self { writer, counted: LogThrottle::new(clock) }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let (Some(fields), Some(span)) = (SpanFields::of_span(attributes), context.span(id)) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let requests = is_counted(metadata).then(|| self.counted.admit(metadata.callsite()));
        if requests == Some(None) {
            return;
        }
        let mut line = BUFFER.take();
        line.clear();
        // A log that cannot be written has nowhere to say so.
        if encode(&mut line, event, requests.flatten(), &context).is_ok() {
            line.push(b'\n');
            let _ = self.writer.make_writer().write_all(&line);
        }
        if line.capacity() <= LARGEST_KEPT_BUFFER {
            BUFFER.set(line);
        }
    }
}

/// Callers can cause warnings of libraries, too: an SDK logs its retries while its service is down.
fn is_counted(metadata: &Metadata<'_>) -> bool {
    metadata.fields().field(COUNTED).is_some() || !is_ours(metadata.target())
}

fn encode<S>(
    line: &mut Vec<u8>,
    event: &Event<'_>,
    requests: Option<NonZeroU64>,
    context: &Context<'_, S>,
) -> serde_json::Result<()>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut json = serde_json::Serializer::new(line);
    let mut members = json.serialize_map(None)?;
    members.serialize_entry("timestamp", &Now)?;
    members.serialize_entry("level", event.metadata().level().as_str())?;
    members.serialize_entry("target", event.metadata().target())?;
    for selection in [Selection::Message, Selection::Others] {
        let mut fields = Fields { members: &mut members, selection, outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
    }
    if let Some(requests) = requests {
        members.serialize_entry("requests", &requests)?;
    }
    for span in context.event_scope(event).into_iter().flatten() {
        if let Some(fields) = span.extensions().get::<SpanFields>() {
            of_request(&mut members, fields, event.metadata().target() == audit::TARGET)?;
            break;
        }
    }
    members.end()
}

/// Writes the members that the lines of a request share. Only audit events name the caller.
fn of_request<M: SerializeMap>(members: &mut M, fields: &SpanFields, is_audit: bool) -> Result<(), M::Error> {
    if let Some(caller) = fields.caller.as_ref().filter(|_| is_audit) {
        members.serialize_entry("caller", caller)?;
    }
    if let Some(trace_id) = fields.trace_id {
        members.serialize_entry("trace_id", &Shown(format_args!("{trace_id:032x}")))?;
    }
    if let Some(span_id) = fields.span_id {
        members.serialize_entry("span_id", &Shown(format_args!("{span_id:016x}")))?;
    }
    Ok(())
}

/// The time of its encoding, in RFC 3339 and UTC, to the microsecond.
pub(super) struct Now;

impl fmt::Display for Now {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        SystemTime.format_time(&mut Writer::new(formatter))
    }
}

impl Serialize for Now {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which fields are written: the message comes first, wherever the event names it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Selection {
    Message,
    Others,
}

/// Writes an event's fields as members, in the order in which the event names them.
struct Fields<'a, M: SerializeMap> {
    members: &'a mut M,
    selection: Selection,
    outcome: Result<(), M::Error>,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn add(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        let selection = if field.name() == "message" { Selection::Message } else { Selection::Others };
        if selection == self.selection && self.outcome.is_ok() && field.name() != COUNTED {
            self.outcome = self.members.serialize_entry(field.name(), value);
        }
    }
}

/// A text as a JSON string.
struct Shown<'a>(fmt::Arguments<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<M: SerializeMap> Visit for Fields<'_, M> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &Shown(format_args!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(value) => self.add(field, &value),
            Err(_) => self.add(field, &Shown(format_args!("{value}"))),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &value);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::atomic::{AtomicI64, Ordering},
    };

    use http::HeaderMap;
    use serde_json::Value;
    use time::OffsetDateTime;
    use tracing::{Instrument as _, Level, error, info, subscriber::with_default};
    use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _, registry};

    use super::*;
    use crate::{
        platform::SystemClock,
        telemetry::{TraceContext, request_span, written::Written},
    };

    fn span_of(headers: &HeaderMap) -> tracing::Span {
        request_span(TraceContext::of(headers), None)
    }

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// The lines that `log` causes at this level.
    fn lines(level: Level, log: impl FnOnce()) -> Vec<String> {
        let written = Written::default();
        let writer = written.clone();
        let lines = JsonLines::new(move || writer.clone(), Arc::new(SystemClock));
        with_default(registry().with(LevelFilter::from_level(level)).with(lines), log);
        let text = written.text();
        text.lines().map(str::to_owned).collect()
    }

    fn parsed(lines: &[String]) -> Vec<Value> {
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn headers(span: &str) -> HeaderMap {
        let traceparent = format!("00-{TRACE}-{span}-01").parse().unwrap();
        [(http::HeaderName::from_static("traceparent"), traceparent)].into_iter().collect()
    }

    #[test]
    fn an_event_is_one_line_in_the_documented_order() {
        let span = "00f067aa0ba902b7";
        let logged = lines(Level::INFO, || {
            span_of(&headers(span)).in_scope(|| info!(target: "handler", status = 200_u16, "served"));
        });
        let [line] = logged.as_slice() else { panic!("{logged:?}") };
        let rest = line.split_once(r#"Z","#).unwrap().1;
        let expected = r#""level":"INFO","target":"handler","message":"served","status":200"#;
        assert_eq!(rest, format!(r#"{expected},"trace_id":"{TRACE}","span_id":"{span}"}}"#));
        assert!(line.starts_with(r#"{"timestamp":"20"#), "{line}");
    }

    #[test]
    fn fields_keep_their_types_and_a_line_break_does_not_end_the_line() {
        let logged = lines(Level::INFO, || {
            let (negative, whole, large) = (-5_i64, 7_i128, i128::MAX);
            info!(negative, whole, large, ratio = 0.5, yes = true, text = "a\nb\"", shown = %"c\nd", "first\nsecond");
        });
        assert_eq!(logged.len(), 1);
        let line = &parsed(&logged)[0];
        assert_eq!((&line["negative"], &line["whole"]), (&(-5).into(), &7.into()));
        assert_eq!(line["large"], i128::MAX.to_string());
        assert_eq!((&line["ratio"], &line["yes"]), (&0.5.into(), &true.into()));
        assert_eq!((&line["text"], &line["shown"]), (&"a\nb\"".into(), &"c\nd".into()));
        assert_eq!(line["message"], "first\nsecond");
    }

    #[test]
    fn the_ids_are_on_every_line_of_the_request_and_of_spans_within_it_and_on_no_other() {
        let logged = lines(Level::INFO, || {
            info!("before");
            span_of(&headers("00f067aa0ba902b7")).in_scope(|| {
                info!("within");
                tracing::info_span!("of a library", owner = "x").in_scope(|| info!("deeper"));
            });
            info!("after");
        });
        let logged = parsed(&logged);
        let traces: Vec<_> = logged.iter().map(|line| line["trace_id"].as_str()).collect();
        assert_eq!(traces, [None, Some(TRACE), Some(TRACE), None]);
        assert_eq!(logged[2]["owner"], Value::Null);
    }

    #[test]
    fn only_an_audit_event_names_its_caller() {
        let trace = TraceContext::of(&headers("00f067aa0ba902b7"));
        let logged = lines(Level::INFO, || {
            request_span(trace, Some("hash")).in_scope(|| {
                info!("of the request");
                info!(target: audit::TARGET, event = "grant_made", "grant made");
            });
        });
        let callers: Vec<_> = parsed(&logged).iter().map(|line| line["caller"].clone()).collect();
        assert_eq!(callers, [Value::Null, "hash".into()]);
    }

    #[test]
    fn a_request_without_a_trace_context_logs_lines_without_ids() {
        let mut malformed = HeaderMap::new();
        malformed.insert("traceparent", "00-not-a-trace".parse().unwrap());
        for headers in [HeaderMap::new(), malformed] {
            let logged = lines(Level::INFO, || span_of(&headers).in_scope(|| info!("served")));
            assert!(!logged[0].contains("trace_id") && logged[0].contains("served"), "{logged:?}");
        }
    }

    /// A value whose `Debug` logs a line itself.
    struct Talkative;

    impl fmt::Debug for Talkative {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!("inner");
            formatter.write_str("talkative")
        }
    }

    #[test]
    fn a_value_that_logs_while_it_is_logged_mixes_no_lines() {
        let logged = parsed(&lines(Level::INFO, || info!(value = ?Talkative, "outer")));
        let outer = logged.iter().find(|line| line["message"] == "outer").unwrap();
        assert_eq!(outer["value"], "talkative");
    }

    #[test]
    fn a_line_that_cannot_be_written_is_lost_and_nothing_else_is() {
        struct Closed;
        impl io::Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        with_default(registry().with(JsonLines::new(|| Closed, Arc::new(SystemClock))), || info!("to nobody"));
        assert_eq!(parsed(&lines(Level::INFO, || info!("to somebody")))[0]["message"], "to somebody");
    }

    /// A clock that a test sets.
    #[derive(Default)]
    struct Seconds(AtomicI64);

    impl Clock for Seconds {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::Relaxed)).unwrap()
        }
    }

    /// `requests` of each line that `log` causes, in two seconds.
    fn requests(log: impl Fn()) -> Vec<Option<u64>> {
        let (written, clock) = (Written::default(), Arc::<Seconds>::default());
        let writer = written.clone();
        let lines = JsonLines::new(move || writer.clone(), Arc::clone(&clock) as _);
        with_default(registry().with(lines), || {
            (0..3).for_each(|_| log());
            clock.0.fetch_add(1, Ordering::Relaxed);
            log();
        });
        let text = written.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| line["requests"].as_u64()).collect()
    }

    #[test]
    fn of_lines_that_are_counted_and_of_those_of_libraries_each_place_writes_one_a_second() {
        assert_eq!(requests(|| info!(counted = true, "refused")), [Some(1), Some(3)]);
        assert_eq!(requests(|| tracing::warn!(target: "a_library", "sent again")), [Some(1), Some(3)]);
        let two = requests(|| {
            info!(counted = true, "refused");
            error!(counted = true, "refused");
        });
        assert_eq!(two, [Some(1), Some(1), Some(3), Some(3)]);
    }

    #[test]
    fn a_line_that_is_not_counted_is_written_each_time() {
        assert_eq!(requests(|| info!("data key created")), [None; 4]);
        assert_eq!(requests(|| info!(target: audit::TARGET, requests = 7, "refused")), [Some(7); 4]);
    }

    #[test]
    fn a_counted_line_says_how_many_it_stands_for_after_its_own_fields_and_nothing_else_of_it() {
        let logged = lines(Level::INFO, || info!(counted = true, status = 404_u16, "refused"));
        let rest = logged[0].split_once(r#","message""#).unwrap().1;
        assert_eq!(rest, r#":"refused","status":404,"requests":1}"#);
    }

    #[test]
    fn the_buffer_of_a_huge_line_is_not_kept() {
        let kept = || {
            let buffer = BUFFER.take();
            let capacity = buffer.capacity();
            BUFFER.set(buffer);
            capacity
        };
        let huge = "x".repeat(LARGEST_KEPT_BUFFER * 2);
        assert_eq!(lines(Level::INFO, || info!(huge, "huge")).len(), 1);
        assert_eq!(kept(), 0);
        assert_eq!(lines(Level::INFO, || info!("small")).len(), 1);
        assert!((1..=LARGEST_KEPT_BUFFER).contains(&kept()), "{}", kept());
    }

    #[test]
    fn each_line_has_its_own_level_and_the_module_that_logged_it() {
        let logged = parsed(&lines(Level::TRACE, || {
            error!("a");
            tracing::warn!("b");
            info!("c");
            tracing::debug!("d");
            tracing::trace!("e");
        }));
        let levels: Vec<_> = logged.iter().map(|line| line["level"].as_str().unwrap()).collect();
        assert_eq!(levels, ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]);
        assert!(logged.iter().all(|line| line["target"] == module_path!()), "{logged:?}");
    }

    #[test]
    fn the_ids_stay_when_only_errors_are_logged() {
        let logged = lines(Level::ERROR, || span_of(&headers("00f067aa0ba902b7")).in_scope(|| error!("broken")));
        assert_eq!(parsed(&logged)[0]["trace_id"], TRACE);
    }

    #[test]
    fn requests_that_take_turns_on_a_thread_do_not_mix_their_ids() {
        let (first, second) = ("00f067aa0ba902b7", "b7ad6b7169203331");
        let logged = lines(Level::INFO, || {
            let request = |span: &'static str| {
                async move {
                    info!(of = span, "begun");
                    tokio::task::yield_now().await;
                    info!(of = span, "done");
                }
                .instrument(span_of(&headers(span)))
            };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { tokio::join!(request(first), request(second)) });
        });
        let logged = parsed(&logged);
        assert_eq!(logged.len(), 4);
        assert_ne!(logged[0]["of"], logged[1]["of"], "the second begins before the first is done");
        assert!(logged.iter().all(|line| line["of"] == line["span_id"]), "{logged:?}");
    }
}
