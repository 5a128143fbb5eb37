//! What must not be seen.

use std::fmt;

/// A text that `Debug` does not show and nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret; spaces around it (as from a file) are cut off.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().to_owned())
    }

    /// The text itself, for a transport that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// How the caller proves who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// An API key from the customer's dashboard: sent by HTTP Basic to REST, exchanged for a token for GraphQL.
    ApiKey(Secret),
    /// An e-mail address and a password, exchanged for a token; GraphQL only.
    EmailAndPassword {
        /// The address.
        email: String,
        /// The password.
        password: Secret,
    },
    /// A pre-signed key, exchanged for a token; GraphQL only.
    PreSignedKey(Secret),
    /// An organisation's secret key, exchanged for a token; GraphQL and data import.
    OrganisationKey(Secret),
}

/// RFC 4648 base64, for the Basic scheme.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (word >> (18 - 6 * place) & 63) as usize;
            let symbol =
                if place <= chunk.len() { ALPHABET.get(index).copied().unwrap_or(b'=') } else { b'=' };
            text.push(char::from(symbol));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn debug_hides_it() {
        let credentials = Credentials::ApiKey(Secret::new("sk_live_x"));
        assert!(!format!("{credentials:?}").contains("sk_live"));
    }
}
