//! Idle streams of HTTP+SSE.

use std::{error::Error, fs, net::SocketAddr};

use driver::{Server, handler::Handler, mcp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Files that a process has besides its streams.
pub(crate) const OTHER_FILES: usize = 500;

/// How many files this process may have open.
pub(crate) fn files() -> Result<usize, Box<dyn Error>> {
    Ok(open_files(&fs::read_to_string("/proc/self/limits")?).ok_or("/proc/self/limits has another form")?)
}

/// Opens streams and their sessions, those of each token one after another; `None` if this process may not have as many files.
pub(crate) async fn open(
    handler: &Handler,
    tokens: &[String],
    streams: usize,
) -> Result<Option<Vec<TcpStream>>, Box<dyn Error>> {
    let limit = files()?;
    if limit < streams + OTHER_FILES {
        println!("left out: {streams} streams: ulimit -n is {limit}");
        return Ok(None);
    }
    let (server, mut open) = (handler.server(), Vec::new());
    for token in tokens.iter().cycle().take(streams) {
        open.push(stream(handler.address, &server, token).await?);
    }
    Ok(Some(open))
}

/// A stream whose session is initialized.
async fn stream(address: SocketAddr, server: &Server, token: &str) -> Result<TcpStream, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("GET /mcp/sse HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n");
    stream.write_all(format!("{head}accept: text/event-stream\r\n\r\n").as_bytes()).await?;
    let opened = read_until(&mut stream, "\n\n").await?;
    let endpoint = opened.split("data: ").nth(1).and_then(|rest| rest.lines().next()).ok_or("no endpoint")?;
    for message in [mcp::initialize(), mcp::initialized()] {
        server.post(endpoint).bearer_auth(token).json(&message).send().await?.error_for_status()?;
    }
    read_until(&mut stream, "serverInfo").await?;
    Ok(stream)
}

/// What comes until this has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> Result<String, Box<dyn Error>> {
    let (mut read, mut buffer) = (String::new(), [0; 4096]);
    while !read.contains(end) {
        let count = stream.read(&mut buffer).await?;
        read += &String::from_utf8_lossy(buffer.get(..count).unwrap_or_default());
        if count == 0 {
            return Err(format!("the stream ended: {read}").into());
        }
    }
    Ok(read)
}

/// The soft limit in `/proc/PID/limits`.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             95000                95000                processes \n\
                      Max open files            20000                50000                files     \n";
        assert_eq!(open_files(limits), Some(20_000));
        assert_eq!(open_files(""), None);
    }
}
