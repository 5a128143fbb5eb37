//! Which way a tariff's energy goes, as several sources say it.

use super::agreed::agreed;
use super::{Direction, ProductCode, TariffCode};
use crate::error::Result;

impl Direction {
    /// What all who know say of one tariff; `None` where nobody does. Each comes with its name, such as `the code E-1R-…`.
    ///
    /// An error that names both where two say different things: energy to the grid is never charged as if it came from there.
    ///
    /// ```
    /// use kwhen::tariff::Direction;
    /// let point = ("the meter point 1013004420117", Some(Direction::Export));
    /// assert_eq!(Direction::agreed(&[point, ("the file", None)])?, Some(Direction::Export));
    /// let error = Direction::agreed(&[point, ("the file go.toml", Some(Direction::Import))]).unwrap_err();
    /// assert_eq!(error.to_string(), "the meter point 1013004420117 says export, the file go.toml says import");
    /// # Ok::<(), kwhen::Error>(())
    /// ```
    pub fn agreed(said: &[(&str, Option<Self>)]) -> Result<Option<Self>> {
        agreed(said, Self::name)
    }

    /// What a tariff's or a product's code says of itself; `None` where it says nothing, or is no code at all.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let product = code.parse::<TariffCode>().map(|code| code.product().clone());
        product.or_else(|_| code.parse::<ProductCode>()).ok()?.direction()
    }

    /// `import` or `export`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
        }
    }
}

impl ProductCode {
    /// Which way it goes, where its name says so: `OUTGOING`, `EXPORT`, `PANELP` (Panel Power) and `SEG` pay for export, `IMPORT`
    /// and domestic Agile are import. Most names say nothing.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        let has = |words: &[&str]| {
            self.as_str().split('-').any(|piece| words.iter().any(|word| piece.contains(word)))
        };
        let seg = || self.as_str().split('-').any(|piece| piece == "SEG");
        let export = has(&["OUTGOING", "EXPORT", "PANEL"]) || seg();
        match (export, has(&["IMPORT"])) {
            (true, false) => Some(Direction::Export),
            (false, true) => Some(Direction::Import),
            (false, false) if self.is_agile_import() => Some(Direction::Import),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of products that are or were on sale.
    #[test]
    fn codes_say_which_way_they_go_or_nothing() {
        let (import, export) = (Some(Direction::Import), Some(Direction::Export));
        for (code, expected) in [
            ("E-1R-FLUX-EXPORT-23-02-14-C", export),
            ("E-1R-FLUX-IMPORT-23-02-14-C", import),
            ("E-1R-INTELLI-FLUX-EXPORT-23-07-14-H", export),
            ("E-1R-AGILE-OUTGOING-19-05-13-C", export),
            ("E-1R-OUTGOING-SEG-FIX-12M-20-07-07-A", export),
            ("E-1R-SEG-FIX-24-01-01-A", export),
            ("BUS-PANELP-12M-FIXED-SEPTEMBER2025", export),
            ("E-1R-PANEL-POWER-12M-25-01-01-K", export),
            ("E-1R-AGILE-24-10-01-C", import),
            ("E-1R-VAR-22-11-01-C", None),
            ("E-1R-GO-VAR-22-10-14-C", None),
            ("E-1R-SEGMENT-24-01-01-C", None),
            ("rates", None),
            ("", None),
        ] {
            assert_eq!(Direction::of_code(code), expected, "{code}");
        }
    }
}
