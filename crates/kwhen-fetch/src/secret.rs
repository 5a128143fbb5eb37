//! What must not be seen.

use std::fmt;
use std::path::Path;

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

/// Whether others than its owner may read a file that holds a secret. Where a system has no such rights, nobody may.
///
/// # Errors
/// The file is not there, or cannot be looked at.
pub fn is_open_to_others(path: &Path) -> std::io::Result<bool> {
    let about = std::fs::metadata(path)?;
    #[cfg(unix)]
    let is_open = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o044 != 0;
    #[cfg(not(unix))]
    let is_open = {
        let _ = about;
        false
    };
    Ok(is_open && path.is_file())
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

/// So much of a secret is enough to know it by: what is cut off behind it is hidden too.
const TELLING: usize = 8;
/// What is shorter is part of many words.
const SHORTEST: usize = 4;

/// A text without a secret, nor the beginning of one that was cut off.
pub(crate) fn hidden(text: &str, secret: &str) -> String {
    let end = secret.char_indices().nth(TELLING).map_or(secret.len(), |(end, _)| end);
    let Some(beginning) = secret.get(..end).filter(|beginning| beginning.len() >= SHORTEST) else {
        return text.to_owned();
    };
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, behind)) = rest.find(beginning).and_then(|at| rest.split_at_checked(at)) {
        let same = behind.chars().zip(secret.chars()).take_while(|(a, b)| a == b);
        let length: usize = same.map(|(letter, _)| letter.len_utf8()).sum();
        shown.push_str(before);
        shown.push_str("(hidden)");
        rest = behind.get(length..).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands_and_however_it_is_cut() {
        let secret = "sk_live_0123456789";
        for (text, shown) in [
            ("nothing of it", "nothing of it"),
            (
                "Authorization: sk_live_0123456789, twice: sk_live_0123456789",
                "Authorization: (hidden), twice: (hidden)",
            ),
            ("cut: sk_live_01…", "cut: (hidden)…"),
            ("sk_live_", "(hidden)"),
            ("another's sk_live_9", "another's (hidden)9"),
            ("sk_live", "sk_live"),
        ] {
            assert_eq!(hidden(text, secret), shown);
        }
        assert_eq!(hidden("pässword!", "pässword"), "(hidden)!");
        assert_eq!(hidden("a word", "a"), "a word");
        assert_eq!(hidden("", secret), "");
    }

    #[test]
    fn debug_hides_it() {
        let credentials = Credentials::ApiKey(Secret::new("sk_live_x"));
        assert!(!format!("{credentials:?}").contains("sk_live"));
    }
}
