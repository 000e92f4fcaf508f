//! Message bodies (RFC 9112 sections 6 and 7), piece by piece as they come.

use std::io;

use bytes::Bytes;

use crate::connection::Reader;

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

/// A body that is being read. Trailer fields are read and dropped.
pub(crate) struct Body(Reading);

enum Reading {
    Length(u64),
    UntilClose,
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    Done,
}

impl Body {
    pub(crate) fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::None | Framing::Length(0) => Reading::Done,
            Framing::Length(length) => Reading::Length(length),
            Framing::Chunked => Reading::ChunkSize,
            Framing::UntilClose => Reading::UntilClose,
        })
    }

    /// The next bytes, as soon as there is one; `None` after the last. Safe to cancel.
    pub(crate) async fn next(&mut self, reader: &mut Reader) -> io::Result<Option<Bytes>> {
        loop {
            self.0 = match self.0 {
                Reading::Done => return Ok(None),
                Reading::UntilClose => match reader.piece(u64::MAX).await? {
                    Some(piece) => return Ok(Some(piece)),
                    None => Reading::Done,
                },
                Reading::Length(left) => return self.counted(reader, left, Reading::Length, Reading::Done).await,
                Reading::Chunk(left) => {
                    return self.counted(reader, left, Reading::Chunk, Reading::ChunkEnd).await;
                }
                Reading::ChunkSize => match chunk_size(&reader.line().await?)? {
                    0 => Reading::Trailers,
                    size => Reading::Chunk(size),
                },
                Reading::ChunkEnd if reader.line().await?.is_empty() => Reading::ChunkSize,
                Reading::ChunkEnd => return Err(io::ErrorKind::InvalidData.into()),
                Reading::Trailers if reader.line().await?.is_empty() => Reading::Done,
                Reading::Trailers => Reading::Trailers,
            }
        }
    }

    async fn counted(
        &mut self,
        reader: &mut Reader,
        left: u64,
        rest: fn(u64) -> Reading,
        end: Reading,
    ) -> io::Result<Option<Bytes>> {
        let piece = reader.piece(left).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0 = match left.saturating_sub(piece.len() as u64) {
            0 => end,
            left => rest(left),
        };
        Ok(Some(piece))
    }
}

/// RFC 9112 section 7.1; extensions are ignored.
fn chunk_size(line: &[u8]) -> io::Result<u64> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(invalid());
    }
    let digits = str::from_utf8(digits).map_err(|_| invalid())?;
    u64::from_str_radix(digits, 16).map_err(|_| invalid())
}

/// A piece, framed to be sent.
pub(crate) fn encode(framing: Framing, piece: Bytes) -> Bytes {
    match framing {
        Framing::Chunked => [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat().into(),
        Framing::None | Framing::Length(_) | Framing::UntilClose => piece,
    }
}

/// The bytes after the last piece.
pub(crate) fn end(framing: Framing) -> Bytes {
    match framing {
        Framing::Chunked => Bytes::from_static(b"0\r\n\r\n"),
        Framing::None | Framing::Length(_) | Framing::UntilClose => Bytes::new(),
    }
}
