//! Fragments of HTML within a page's text: what stands between two control characters is markup, all else is text.

/// Text as HTML.
pub(crate) use kwhen::text::html_escaped as escaped;

/// Around a fragment.
pub(crate) const OPEN: char = '\u{1}';
pub(crate) const CLOSE: char = '\u{2}';

/// A fragment of HTML within a page's text.
pub(crate) fn fragment(html: &str) -> String {
    format!("{OPEN}{html}{CLOSE}")
}
