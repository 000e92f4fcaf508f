//! The measurements, by server and kind of request.

use std::collections::BTreeMap;

use crate::{kind::Kind, process::Seconds, server::Server, wrk::Run};

/// One measurement.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// Microseconds of the processor for each request.
    pub(crate) processor: f64,
    /// Those in the kernel.
    pub(crate) kernel: f64,
    pub(crate) per_second: f64,
    /// The median of the latencies, in milliseconds.
    pub(crate) latency: f64,
}

impl Sample {
    /// A run that took this time of the processor.
    #[expect(clippy::cast_precision_loss, reason = "far fewer requests than 2^52")]
    pub(crate) fn of(run: Run, seconds: Seconds) -> Self {
        let [processor, kernel] = [seconds.all, seconds.kernel].map(|seconds| seconds * 1e6 / run.requests as f64);
        Self { processor, kernel, per_second: run.per_second, latency: run.median }
    }
}

/// Every sample.
#[derive(Default)]
pub(crate) struct Measured(BTreeMap<(Kind, Server), Vec<Sample>>);

/// The medians of one server and kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) server: Server,
    pub(crate) processor: f64,
    /// Of that in the kernel.
    pub(crate) kernel: f64,
    /// The difference between the largest and the smallest time of the processor, as a part of the median.
    pub(crate) spread: f64,
    pub(crate) per_second: f64,
    pub(crate) latency: f64,
    /// The time of the processor, divided by ours.
    pub(crate) ratio: f64,
}

impl Measured {
    /// Adds a sample.
    pub(crate) fn add(&mut self, kind: Kind, server: Server, sample: Sample) {
        self.0.entry((kind, server)).or_default().push(sample);
    }

    /// The medians.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let processor = |kind, server| Some(median(self.0.get(&(kind, server))?.iter().map(|sample| sample.processor)));
        let row = |(&(kind, server), samples): (&(Kind, Server), &Vec<Sample>)| {
            let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
            let ours = processor(kind, Server::Handler).unwrap_or(f64::NAN);
            let time = of(|sample| sample.processor);
            let spread = spread(samples.iter().map(|sample| sample.processor)) / time;
            let (per_second, latency) = (of(|sample| sample.per_second), of(|sample| sample.latency));
            let kernel = of(|sample| sample.kernel);
            Row { kind, server, processor: time, kernel, spread, per_second, latency, ratio: time / ours }
        };
        self.0.iter().map(row).collect()
    }
}

/// The value in the middle, or the mean of both there.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
    match values.len() % 2 {
        0 => values.get((values.len() / 2).wrapping_sub(1)).map_or(f64::NAN, |lower| f64::midpoint(*lower, upper)),
        _ => upper,
    }
}

fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(processor: f64) -> Sample {
        Sample { processor, kernel: processor / 2.0, per_second: 1e6 / processor, latency: processor / 1_000.0 }
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0].into_iter()) - 2.5).abs() < 1e-9);
        assert!(median(std::iter::empty()).is_nan());
    }

    #[test]
    fn a_run_is_divided_among_its_requests() {
        let run = Run { requests: 2_000, per_second: 1_000.0, median: 0.5, refused: 0 };
        let Sample { processor, kernel, .. } = Sample::of(run, Seconds { all: 0.5, kernel: 0.2 });
        assert!((processor - 250.0).abs() < 1e-9 && (kernel - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_row_has_medians_the_spread_and_the_ratio_to_ours() {
        let mut measured = Measured::default();
        for (server, times) in [(Server::Handler, [100.0, 120.0, 110.0]), (Server::Rmcp, [55.0, 60.0, 50.0])] {
            for time in times {
                measured.add(Kind::List, server, sample(time));
            }
        }
        let rows = measured.rows();
        let [ours, rmcp] = rows.as_slice() else { panic!("{rows:?}") };
        assert!((ours.kernel - 55.0).abs() < 1e-9);
        assert!((ours.processor - 110.0).abs() < 1e-9 && (ours.ratio - 1.0).abs() < 1e-9);
        assert!((rmcp.ratio - 0.5).abs() < 1e-9 && (rmcp.spread - 10.0 / 55.0).abs() < 1e-9);
    }
}
