//! The chart: bars of the time of the processor for each request.

use std::{error::Error, fs, path::Path};

use plotters::{
    prelude::{ChartBuilder, IntoDrawingArea as _, IntoLogRange as _, RGBColor, Rectangle, SVGBackend, Text},
    style::{Color as _, WHITE},
};

use crate::{measured::Row, server::Server};

const WIDTH: u32 = 760;
/// Of the caption and the axis, and of each bar.
const HEIGHTS: (u32, u32) = (60, 20);

/// Draws the chart into a file.
pub(crate) fn draw(path: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(path, svg(rows)?)?)
}

fn svg(rows: &[Row]) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    let bars = u32::try_from(rows.len())?;
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, HEIGHTS.0 + HEIGHTS.1 * bars)).into_drawing_area();
        root.fill(&WHITE)?;
        let most = rows.iter().map(|row| row.processor).fold(1.0, f64::max);
        let height = f64::from(bars);
        let mut chart = ChartBuilder::on(&root);
        chart
            .caption("µs of the processor per request (logarithmic)", ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(24);
        // Room for the name beside the longest bar.
        let mut chart = chart.build_cartesian_2d((1.0..most * 30.0).log_scale(), 0.0..height)?;
        chart.configure_mesh().disable_y_mesh().disable_y_axis().draw()?;
        let mut top = height;
        for row in rows {
            let bar = [(1.0, top - 0.85), (row.processor, top - 0.15)];
            chart.draw_series([Rectangle::new(bar, color(row.server).filled())])?;
            let name = format!("{:.0} {}, {}", row.processor, row.kind.name(), row.server.name());
            chart.draw_series([Text::new(name, (row.processor * 1.05, top - 0.25), ("sans-serif", 12))])?;
            top -= 1.0;
        }
        root.present()?;
    }
    Ok(text)
}

fn color(server: Server) -> RGBColor {
    match server {
        Server::Handler => RGBColor(31, 119, 180),
        Server::Limit => RGBColor(127, 127, 127),
        Server::Rmcp => RGBColor(255, 127, 14),
        Server::Go => RGBColor(23, 190, 207),
        Server::TypeScript => RGBColor(148, 103, 189),
        Server::FastMcp | Server::FastMcpRedis => RGBColor(44, 160, 44),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn every_row_is_a_bar_with_its_number_and_name() {
        let row = |server, processor| Row {
            kind: Kind::List,
            server,
            processor,
            kernel: 0.0,
            spread: 0.0,
            per_second: 1.0,
            latency: 1.0,
            ratio: 1.0,
        };
        let svg = svg(&[row(Server::Handler, 81.0), row(Server::Rmcp, 122.0)]).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("81 tools/list, this server"), "{svg}");
        assert!(svg.contains("122 tools/list, rmcp bare"), "{svg}");
    }
}
