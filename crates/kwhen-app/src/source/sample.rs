//! The sample year that is built into the command; `data/README.md` says how it was made.

use super::Source;
use crate::context::Context;

/// Its import rates.
pub fn rates(ctx: &Context) -> Source<'_> {
    Source::bundled(ctx, "rates.csv", include_bytes!("../../bundled/data/rates.csv"))
}

/// Its readings.
pub fn consumption(ctx: &Context) -> Source<'_> {
    Source::bundled(ctx, "consumption.csv", include_bytes!("../../bundled/data/consumption.csv"))
}

/// Its standing charges.
pub fn standing_charges(ctx: &Context) -> Source<'_> {
    Source::bundled(ctx, "standing-charges.csv", include_bytes!("../../bundled/data/standing-charges.csv"))
}

/// Its export rates.
pub fn export_rates(ctx: &Context) -> Source<'_> {
    Source::bundled(ctx, "export-rates.csv", include_bytes!("../../bundled/data/export-rates.csv"))
}

/// What its roof generates.
pub fn solar(ctx: &Context) -> Source<'_> {
    Source::bundled(ctx, "solar.csv", include_bytes!("../../bundled/data/solar.csv"))
}
