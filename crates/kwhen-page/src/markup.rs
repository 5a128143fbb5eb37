//! Fragments of HTML within a page's text: what stands between two control characters is markup, all else is text.

/// Around a fragment.
pub(crate) const OPEN: char = '\u{1}';
pub(crate) const CLOSE: char = '\u{2}';

/// A fragment of HTML within a page's text.
pub(crate) fn fragment(html: &str) -> String {
    format!("{OPEN}{html}{CLOSE}")
}

/// Text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
