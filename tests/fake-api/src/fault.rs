//! Ways to fail.

use crate::Answer;
use std::io::Write;

/// What to do with one request instead of answering it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: answer as usual.
    None,
    /// Close the connection with the request unread, which resets it.
    Reset,
    /// Send these instead.
    Pieces(Vec<Piece>),
    /// Send the usual answer in drops of so many bytes with so many milliseconds between.
    Drip(usize, u64),
    /// Send the usual answer up to this part of it (per mille) and close.
    Truncate(usize),
    /// Send the usual answer with this text replaced by that.
    Replace(String, String),
    /// Send the usual body compressed.
    Gzip,
}

/// A piece of a broken answer.
#[derive(Clone, Debug)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nothing for so many milliseconds.
    Pause(u64),
}

impl Fault {
    /// A whole answer of another kind.
    #[must_use]
    pub fn answer(answer: &Answer) -> Self {
        Self::Pieces(vec![Piece::Bytes(answer.bytes())])
    }

    /// A status with a `detail`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::answer(&Answer::detail(status, "made to fail"))
    }

    /// A status with `Retry-After`.
    #[must_use]
    pub fn retry_after(status: u16, value: &str) -> Self {
        Self::answer(&Answer::detail(status, "made to wait").with("Retry-After", value))
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::answer(&Answer::html(status, "").with("Location", to))
    }

    /// Silence for so many milliseconds, then the end.
    #[must_use]
    pub fn stall(milliseconds: u64) -> Self {
        Self::Pieces(vec![Piece::Pause(milliseconds)])
    }

    /// A chunked body whose second chunk has no length.
    #[must_use]
    pub fn bad_chunking() -> Self {
        let text = "HTTP/1.1 200 Fake\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cou\r\nzz\r\n";
        Self::Pieces(vec![Piece::Bytes(text.into())])
    }

    /// Something that is not HTTP.
    #[must_use]
    pub fn not_http() -> Self {
        Self::Pieces(vec![Piece::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())])
    }

    /// So many mebibytes of spaces in a few kibibytes of gzip.
    #[must_use]
    pub fn gzip_bomb(mebibytes: usize) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let spaces = vec![b' '; 1 << 20];
        for _ in 0..mebibytes {
            let _ = encoder.write_all(&spaces);
        }
        let body = encoder.finish().unwrap_or_default();
        Self::answer(&Answer::json(200, body).with("Content-Encoding", "gzip"))
    }

    /// So many mebibytes of JSON, uncompressed.
    #[must_use]
    pub fn oversized(mebibytes: usize) -> Self {
        Self::answer(&Answer::json(200, vec![b' '; mebibytes << 20]))
    }
}
