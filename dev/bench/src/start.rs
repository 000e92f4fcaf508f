//! How long the handler takes until it answers, and how much memory it then has: with an empty store, and with a full one.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use driver::handler::Handler;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use crate::{places::Places, process, servers::ALLOCATOR};

const REGISTRATIONS: usize = 100_000;
/// How often each start is measured.
const TIMES: usize = 5;
/// As src/store/embedded.rs writes them.
const CLIENTS: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("clients");

/// The medians of some starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Start {
    pub(crate) milliseconds: f64,
    /// Resident memory at the first answer.
    pub(crate) kilobytes: u64,
}

/// Starts with one registration, with many, and with many after the process was killed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Starts {
    pub(crate) empty: Start,
    pub(crate) full: Start,
    pub(crate) killed: Start,
}

/// Measures all of them.
pub(crate) async fn measure(places: &Places) -> Result<Starts, Box<dyn Error>> {
    let mut handler = Handler::start(&places.handler, local_tenant::Options::default(), |command| {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    })
    .await;
    handler.server().register().await;
    handler.kill();
    let (store, command) = (handler.folder.path().join("store.redb"), Handling::of(&handler, &places.handler));
    let empty = command.starts(|| closed(&store))?;
    fill(&store)?;
    let full = command.starts(|| closed(&store))?;
    let killed = command.starts(|| Ok(()))?;
    Ok(Starts { empty, full, killed })
}

/// As a process leaves the file that stops in order.
fn closed(store: &Path) -> Result<(), Box<dyn Error>> {
    drop(Database::open(store)?);
    Ok(())
}

/// Repeats the one registration under other ids.
fn fill(store: &Path) -> Result<(), Box<dyn Error>> {
    let database = Database::open(store)?;
    let (key, row) = {
        let clients = database.begin_read()?.open_table(CLIENTS)?;
        let (key, row) = clients.first()?.ok_or("there is no registration")?;
        (key.value().to_owned(), String::from_utf8(row.value().to_vec())?)
    };
    let id = key.split('\0').next().unwrap_or_default();
    let transaction = database.begin_write()?;
    {
        let mut clients = transaction.open_table(CLIENTS)?;
        for number in 0..REGISTRATIONS {
            let other = format!("{number:0>width$}", width = id.len());
            clients.insert(key.replace(id, &other).as_str(), row.replace(id, &other).as_bytes())?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// The command of a handler.
struct Handling<'a> {
    handler: &'a Handler,
    program: &'a Path,
}

impl<'a> Handling<'a> {
    fn of(handler: &'a Handler, program: &'a Path) -> Self {
        Self { handler, program }
    }

    /// The medians, each time after this preparation.
    fn starts(&self, prepare: impl Fn() -> Result<(), Box<dyn Error>>) -> Result<Start, Box<dyn Error>> {
        let (mut times, mut sizes) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            prepare()?;
            let start = self.once()?;
            times.push(start.milliseconds);
            sizes.push(start.kilobytes);
        }
        times.sort_by(f64::total_cmp);
        sizes.sort_unstable();
        let (milliseconds, kilobytes) = (times.get(TIMES / 2), sizes.get(TIMES / 2));
        Ok(Start { milliseconds: *milliseconds.ok_or("no start")?, kilobytes: *kilobytes.ok_or("no start")? })
    }

    fn once(&self) -> Result<Start, Box<dyn Error>> {
        let (address, url) = (self.handler.address, format!("http://{}", self.handler.address));
        let mut command = Command::new(self.program);
        command.env_clear().envs(self.handler.tenant.settings()).env("PUBLIC_BASE_URL", url).envs(ALLOCATOR);
        command.env("DATA_DIR", self.handler.folder.path());
        command.env("FUNCTIONS_CUSTOMHANDLER_PORT", address.port().to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        let mut process = Killed(command.spawn()?);
        while !answers(address) {
            if process.0.try_wait()?.is_some() {
                return Err("the handler ended".into());
            }
            std::thread::yield_now();
        }
        let milliseconds = began.elapsed().as_secs_f64() * 1e3;
        Ok(Start { milliseconds, kilobytes: process::kilobytes(process.0.id(), "VmRSS")? })
    }
}

/// A process that is killed when this is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether it answers the request by which the Functions host asks for readiness.
fn answers(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(format!("GET / HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())?;
        stream.read(&mut [0; 16])
    };
    ask().is_ok_and(|read| read > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_filled_with_copies_of_its_one_registration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        {
            let database = Database::create(&path).unwrap();
            let transaction = database.begin_write().unwrap();
            transaction
                .open_table(CLIENTS)
                .unwrap()
                .insert("abcdef\0abcdef", br#"{"id":"abcdef"}"#.as_slice())
                .unwrap();
            transaction.commit().unwrap();
        }
        fill(&path).unwrap();
        let database = Database::open(&path).unwrap();
        let clients = database.begin_read().unwrap().open_table(CLIENTS).unwrap();
        let row = clients.get("000007\u{0}000007").unwrap().unwrap();
        assert_eq!(row.value(), br#"{"id":"000007"}"#);
        assert_eq!(clients.iter().unwrap().count(), REGISTRATIONS + 1);
    }
}
