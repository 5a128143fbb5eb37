//! Where a table is: a path, or `s3://BUCKET/KEY`.

use crate::error::{refused, words_of};
use datafusion::error::Result;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

/// Where a table is. As text, in a [`Plan`](crate::Plan) too, it is a path or `s3://BUCKET/KEY`.
///
/// ```
/// use kwhen_cluster::Location;
///
/// let table = Location::parse("s3://readings/2025/")?;
/// assert_eq!(table, Location::Object { bucket: "readings".into(), key: "2025/".into() });
/// assert!(matches!(Location::parse("/shared/readings")?, Location::File(_)));
/// assert!(Location::parse("gs://readings/2025/").is_err());
/// # Ok::<(), datafusion::error::DataFusionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A Parquet file or a folder of them. Every process opens it by this path.
    File(PathBuf),
    /// An object in S3 or a store that speaks its language, or all objects below a prefix. Every process fetches it with credentials of
    /// its own ([`store`](crate::store)).
    Object {
        /// The name of the bucket.
        bucket: String,
        /// The key as it is, without escapes. One that ends in `/`, or the empty one, is a prefix.
        key: String,
    },
}

impl Location {
    /// Reads a location from text. An error for a scheme other than `s3://` and for what is no name of a bucket; it does not repeat the
    /// text, in which there may be a password.
    pub fn parse(text: &str) -> Result<Self> {
        let scheme = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
        let Some((scheme, rest)) = scheme else { return Ok(Self::File(text.into())) };
        if scheme != "s3" {
            return Err(unsupported(scheme));
        }
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if bucket.is_empty() || !bucket.bytes().all(plain) {
            return Err(refused(
                "s3:// is followed by the name of a bucket, s3://BUCKET/KEY; credentials and endpoint come from the \
                 environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT)",
            ));
        }
        object_store::path::Path::parse(key).map_err(|error| refused(format!("s3://{bucket}: {error}")))?;
        Ok(Self::Object { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The same for an argument of a command, which may be a path that is no text.
    pub fn from_argument(argument: &OsStr) -> Result<Self> {
        argument.to_str().map_or_else(|| Ok(Self::File(argument.into())), Self::parse)
    }

    /// A path in full, so that other processes understand it; an object as it is.
    pub(crate) fn absolute(&self) -> Result<Self> {
        match self {
            Self::File(path) => path
                .canonicalize()
                .map(Self::File)
                .map_err(|error| refused(format!("{}: {error}", path.display()))),
            Self::Object { .. } => Ok(self.clone()),
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

pub(crate) fn unsupported(scheme: &str) -> datafusion::error::DataFusionError {
    refused(format!(
        "{scheme}:// is not supported: a table is at a path or at s3://BUCKET/KEY, in Amazon S3 or a store that speaks its \
         language (AWS_ENDPOINT says where)"
    ))
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Object { bucket, key } => write!(out, "s3://{bucket}/{key}"),
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::File(path) if path.to_str().is_none() => {
                Err(S::Error::custom(format!("{}: a path that is no text", path.display())))
            }
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(words_of(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bucket_is_refused_and_not_repeated() {
        for text in
            ["s3://", "s3:///key", "s3://ID:SECRET@bucket/key", "s3://bucket:9000/key", "gs://SECRET/key"]
        {
            let error = Location::parse(text).unwrap_err().strip_backtrace();
            assert!(error.contains("s3://BUCKET/KEY") && !error.contains("SECRET@"), "{error}");
            assert!(!error.contains("SECRET/"), "{error}");
        }
        for text in ["s3://bucket/a//b", "s3://bucket/../b"] {
            assert!(Location::parse(text).is_err(), "{text}");
        }
        for scheme in ["gs", "az", "http", "https", "file", "s3a"] {
            let error = Location::parse(&format!("{scheme}://x/y")).unwrap_err().strip_backtrace();
            assert!(error.contains(&format!("{scheme}:// is not supported")), "{error}");
        }
    }

    #[test]
    fn text_comes_back_as_it_was() {
        for text in ["s3://bucket/", "s3://bucket/100 %?#.parquet", "/a path/with:colons", "relative"] {
            let location = Location::parse(text).unwrap();
            assert_eq!(location.to_string(), text);
            let json = serde_json::to_string(&location).unwrap();
            assert_eq!(serde_json::from_str::<Location>(&json).unwrap(), location);
        }
        assert_eq!(Location::parse("s3://bucket").unwrap(), Location::parse("s3://bucket/").unwrap());
    }
}
