//! The log of the handler as a story on the terminal: a line for each step, while somebody signs in.
//!
//! The handler has one format, JSON lines in a file. Here they are read, and told. So a terminal shows nothing that Azure
//! would not have, too.

mod step;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use tokio::{task::JoinSet, time::interval};

use self::step::Step;
use crate::{args::Args, banner::Ready};

/// The file sends no event.
const INTERVAL: Duration = Duration::from_millis(100);

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// The steps.
    Steps,
    /// Every line, with all its fields.
    Everything,
}

/// Tells the log on the terminal until the returned value is dropped; with `--json`, where there is nobody to read, not at all.
pub(crate) fn begin(args: &Args, ready: &Ready) -> JoinSet<std::io::Result<()>> {
    let detail = if args.shown.verbose { Detail::Everything } else { Detail::Steps };
    let log = ready.log.clone().filter(|_| !args.json);
    log.into_iter().map(|log| tell(log, detail)).collect()
}

/// Tells every line that is added to the log from now on. It ends only when the log cannot be read.
async fn tell(log: PathBuf, detail: Detail) -> std::io::Result<()> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::End(0))?;
    let (mut lines, mut line, mut ticks) = (BufReader::new(file), Vec::new(), interval(INTERVAL));
    loop {
        ticks.tick().await;
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            if let Some(step) = Step::of(&String::from_utf8_lossy(line.trim_ascii_end()), detail) {
                // A terminal that is gone hears nothing; it is about to end this program.
                let _ = writeln!(anstream::stdout().lock(), "{step}");
            }
            line.clear();
        }
    }
}
