//! The crate's one error type.

use std::fmt;
use std::path::Path;

/// What stopped a run. A meter's own fault stops nobody: it is in the report ([`Unbilled`](crate::Unbilled)).
///
/// Opaque: ask it with the predicates, show it with `Display`. The message names the file, the column and what to do.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    source: Option<String>,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Schema,
    Data,
    Broken,
    Io,
    Limit,
    Changed,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $predicate:ident, $constructor:ident, $kind:ident;)*) => {
        impl Error {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $predicate(&self) -> bool {
                    self.kind == Kind::$kind
                }

                pub(crate) fn $constructor(message: impl Into<String>) -> Self {
                    Self { kind: Kind::$kind, source: None, message: message.into() }
                }
            )*
        }
    };
}

kinds! {
    /// A column that is missing or of a type that cannot be taken.
    is_schema, schema, Schema;
    /// Rows of the rates or agreements that cannot be taken, or a request that cannot be met.
    is_data, data, Data;
    /// A file that is truncated, corrupt or no Parquet at all.
    is_broken, broken, Broken;
    /// The system refused to read or write: no such file, a full disk.
    is_io, io, Io;
    /// More memory would be needed than the limit allows.
    is_limit, limit, Limit;
    /// The inputs of a run that is to be resumed are not those that it began with.
    is_changed, changed, Changed;
}

impl Error {
    /// Says which file it was seen in, if none is named yet.
    #[must_use]
    pub fn in_source(mut self, name: impl Into<String>) -> Self {
        self.source.get_or_insert_with(|| name.into());
        self
    }

    /// Says where in the file it was seen.
    pub(crate) fn within(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    pub(crate) fn in_file(self, path: &Path) -> Self {
        self.in_source(path.display().to_string())
    }

    pub(crate) fn of_io(error: &std::io::Error, path: &Path) -> Self {
        Self::io(error.to_string()).in_file(path)
    }

    /// Of the Parquet reader: what the system refused, or a file that is not what it says.
    pub(crate) fn of_parquet(error: &parquet::errors::ParquetError, path: &Path) -> Self {
        use parquet::errors::ParquetError;
        if let ParquetError::External(inner) = error
            && let Some(inner) = inner.downcast_ref::<std::io::Error>()
            && inner.kind() != std::io::ErrorKind::UnexpectedEof
        {
            return Self::of_io(inner, path);
        }
        Self::broken(format!("cannot be read as Parquet: {error}; is it truncated or another kind of file?"))
            .in_file(path)
    }

    /// Of pages that a reader of Parquet could not read, as it put it.
    pub(crate) fn of_pages(message: &str) -> Self {
        if message.contains("CRC checksum") {
            Self::broken("a page is not the one that its checksum was made of; the file is damaged")
        } else if message.contains("NYI: ") {
            Self::schema(format!(
                "is stored in a way that is not read ({message}); write it anew, with Zstandard say"
            ))
        } else {
            Self::broken(format!("a page cannot be read: {message}; is the file truncated or damaged?"))
        }
    }

    /// Of the Parquet writer.
    pub(crate) fn of_writing(error: &parquet::errors::ParquetError, path: &Path) -> Self {
        use parquet::errors::ParquetError;
        let inner = match error {
            ParquetError::External(inner) => inner.downcast_ref::<std::io::Error>(),
            _ => None,
        };
        inner.map_or_else(|| Self::io(error.to_string()).in_file(path), |inner| Self::of_io(inner, path))
    }
}

impl From<kwhen::Error> for Error {
    fn from(error: kwhen::Error) -> Self {
        Self::data(error.to_string())
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::broken(error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{source}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.kind)
    }
}

impl std::error::Error for Error {}
