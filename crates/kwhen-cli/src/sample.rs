//! The sample year that is built into the command; `data/README.md` says how it was made.

use crate::input::Source;

pub(crate) fn rates() -> Source {
    Source::bundled("rates.csv", include_bytes!("../../../data/rates.csv"))
}

pub(crate) fn consumption() -> Source {
    Source::bundled("consumption.csv", include_bytes!("../../../data/consumption.csv"))
}

pub(crate) fn standing_charges() -> Source {
    Source::bundled("standing-charges.csv", include_bytes!("../../../data/standing-charges.csv"))
}

pub(crate) fn export_rates() -> Source {
    Source::bundled("export-rates.csv", include_bytes!("../../../data/export-rates.csv"))
}

pub(crate) fn solar() -> Source {
    Source::bundled("solar.csv", include_bytes!("../../../data/solar.csv"))
}
