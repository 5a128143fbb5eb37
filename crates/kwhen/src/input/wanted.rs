//! What a reader looks for in a source: how its rows are called and which columns they have.

/// The rows that a reader wants.
pub(crate) struct Wanted {
    /// What messages call them: `dispatches`.
    pub(crate) rows: &'static str,
    /// Columns of which each row needs one a group; names are lower case. The first group tells these rows from those of another kind.
    pub(crate) columns: &'static [&'static [&'static str]],
    /// Columns that a row may have besides.
    pub(crate) others: &'static [&'static str],
    /// Names of lists, within a larger JSON object, that hold such rows.
    pub(crate) lists: &'static [&'static str],
    /// Lists that look like them and are not, and why.
    pub(crate) unlike: &'static [(&'static str, &'static str)],
    /// Columns that tell what the source holds instead.
    pub(crate) mistaken: &'static [(&'static [&'static str], &'static str)],
    /// What to do where there are none.
    pub(crate) none: &'static str,
    /// Whether CSV may come without a header: `UTC start, local time, region letter, region name, rate`.
    pub(crate) headerless: bool,
}

impl Wanted {
    /// Whether a row may have a column of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.columns.iter().any(|group| group.contains(&name)) || self.others.contains(&name)
    }
}
