//! One TCP connection, to a client or to a handler: buffered reading, and the ways to end it.

use std::{io, time::Duration};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::{net::TcpStream, time::timeout};

pub(crate) struct Connection {
    pub(crate) reader: Reader,
    pub(crate) writer: OwnedWriteHalf,
}

/// Every method is safe to cancel: bytes leave the buffer only when a call is complete.
pub(crate) struct Reader {
    half: OwnedReadHalf,
    buffer: BytesMut,
}

/// Why no head was read.
pub(crate) enum NoHead<F> {
    /// The other side closed without a byte of one.
    Closed,
    /// It closed, or the connection broke, in the middle of one.
    Broken,
    /// The head failed the check of its size.
    TooLong(F),
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (half, writer) = stream.into_split();
        Ok(Self { reader: Reader { half, buffer: BytesMut::new() }, writer })
    }

    /// Ends the connection by a TCP reset, so that the other side sees a broken message and not a short one.
    pub(crate) fn reset(self) {
        // If it fails, the connection is gone already.
        let _ = self.writer.as_ref().set_zero_linger();
        self.writer.forget();
    }

    /// Closes, but reads on for a moment: closing with unread bytes would reset the connection, and the other side
    /// would lose the answer.
    pub(crate) async fn close(mut self) {
        let drain = async {
            self.writer.shutdown().await?;
            while self.reader.fill().await? > 0 {
                self.reader.buffer.clear();
            }
            io::Result::Ok(())
        };
        let _ = timeout(Duration::from_secs(1), drain).await;
    }

    /// Whether nothing came since the last message, not even the end.
    pub(crate) fn is_idle(&self) -> bool {
        let nothing_came =
            matches!(self.reader.half.try_read(&mut [0]), Err(e) if e.kind() == io::ErrorKind::WouldBlock);
        self.reader.buffer.is_empty() && nothing_came
    }
}

impl Reader {
    /// Reads what comes into the buffer; 0 means the end.
    async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(16 * 1024);
        self.half.read_buf(&mut self.buffer).await
    }

    async fn fill_some(&mut self) -> io::Result<()> {
        match self.fill().await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn has_bytes(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// A head without its empty line. `too_long` judges what has come of it so far.
    pub(crate) async fn head<F>(&mut self, too_long: impl Fn(&[u8]) -> Option<F>) -> Result<Bytes, NoHead<F>> {
        loop {
            let end = find(&self.buffer, b"\r\n\r\n");
            if let Some(fault) = too_long(self.buffer.get(..end.unwrap_or(self.buffer.len())).unwrap_or_default()) {
                return Err(NoHead::TooLong(fault));
            }
            if let Some(end) = end {
                return Ok(self.take_before_separator(end, 4));
            }
            match self.fill().await {
                Ok(1..) => {}
                Ok(0) | Err(_) if self.buffer.is_empty() => return Err(NoHead::Closed),
                Ok(0) | Err(_) => return Err(NoHead::Broken),
            }
        }
    }

    /// A line without its CRLF.
    pub(crate) async fn line(&mut self) -> io::Result<Bytes> {
        const LONGEST: usize = 8192;
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                return Ok(self.take_before_separator(end, 2));
            }
            if self.buffer.len() > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill_some().await?;
        }
    }

    /// The next bytes, as soon as there is one; `None` at the end.
    pub(crate) async fn piece(&mut self, longest: u64) -> io::Result<Option<Bytes>> {
        if self.buffer.is_empty() && self.fill().await? == 0 {
            return Ok(None);
        }
        let length = usize::try_from(longest).unwrap_or(usize::MAX).min(self.buffer.len());
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    /// Returns when the other side has gone. Bytes that it sends meanwhile are kept for later.
    pub(crate) async fn gone(&mut self) {
        const MAX_BYTES: usize = 64 * 1024;
        while self.buffer.len() < MAX_BYTES {
            if !matches!(self.fill().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    fn take_before_separator(&mut self, end: usize, separator: usize) -> Bytes {
        let taken = self.buffer.split_to(end).freeze();
        self.buffer.advance(separator);
        taken
    }
}

pub(crate) fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}
