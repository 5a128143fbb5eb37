//! `kwhen convert`

use crate::end::{End, Result};
use crate::face::{Format, Shared};
use crate::output::file;
use clap::Args;
use kwhen::layout::Held;
use kwhen::series::{Prices, VatBasis};
use kwhen::time::{Span, instant_text};
use kwhen_app::ask::{SlotFlags, whatever};
use kwhen_app::container::to_parquet;
use kwhen_app::context::Context;
use kwhen_app::source::Source;
use kwhen_app::words::{Metering, Pricing};
use kwhen_page::csv::Csv;
use std::path::{Path, PathBuf};

/// Read a file of any layout and write its rows as the API has them, as CSV or, where the name ends so, as Parquet
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  kwhen convert export.xlsx readings.csv
  kwhen convert nem12.csv readings.parquet --channel E1")]
pub(crate) struct ConvertArguments {
    /// The file; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to write: .csv or .parquet
    #[arg(value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    slots: SlotFlags,
    #[command(flatten)]
    pricing: Pricing,
    #[command(flatten)]
    metering: Metering,
}

impl ConvertArguments {
    pub(crate) fn run(&self, ctx: &Context, shared: &Shared) -> Result<String> {
        if shared.format != Format::Text {
            return Err(End::usage("--format is of no use: the name of OUT says how the rows are written"));
        }
        let is_parquet = match self.output.extension().and_then(|end| end.to_str()) {
            Some("csv") => false,
            Some("parquet") => true,
            _ => {
                return Err(End::usage(format!(
                    "{}: the name must end in .csv or .parquet",
                    self.output.display()
                )));
            }
        };
        let source = Source::files(ctx, &self.input)?;
        if source.names().any(|name| kwhen_batch::is_same_file(Path::new(name), &self.output)) {
            return Err(End::usage(format!(
                "{}: is the file that is read; write to another, so that nothing of it is lost",
                self.output.display()
            )));
        }
        let held = whatever(&source, &self.slots, &self.pricing, &self.metering, ctx)?;
        self.pricing.applied(ctx, source.name(), held.file());
        ctx.refuse_unused()?;
        let (header, rows) = rows(&held);
        let bytes = if is_parquet {
            to_parquet(&header, &rows)
                .map_err(|error| End::work(format!("{}: {error}", self.output.display())))?
        } else {
            let mut csv = Csv::new(&header);
            rows.iter().for_each(|row| csv.row(row));
            csv.into_text().into_bytes()
        };
        file::replace(&self.output, &bytes)?;
        let what = match held {
            Held::Readings(_) => "readings",
            Held::Rates(_) => "unit rates",
            Held::StandingCharges(_) => "standing charges",
        };
        Ok(format!("{}: {} {what}\n", self.output.display(), rows.len()))
    }
}

/// The rows under the API's names.
fn rows(held: &Held) -> (Vec<&'static str>, Vec<Vec<String>>) {
    const PRICES: [&str; 4] = ["value_exc_vat", "value_inc_vat", "valid_from", "valid_to"];
    match held {
        Held::Readings(taken) => {
            let series = &taken.series;
            let rows = series.grid().slots().zip(series.iter()).filter_map(|(slot, reading)| {
                Some(vec![reading?.to_string(), instant_text(slot.span.from()), instant_text(slot.span.to())])
            });
            (vec!["consumption", "interval_start", "interval_end"], rows.collect())
        }
        Held::Rates(taken) => {
            let intervals = taken.series.intervals();
            (PRICES.to_vec(), intervals.map(|interval| price_row(interval.prices, interval.span)).collect())
        }
        Held::StandingCharges(taken) => {
            let intervals = taken.series.intervals().iter();
            (PRICES.to_vec(), intervals.map(|interval| price_row(interval.prices, interval.span)).collect())
        }
    }
}

/// A price under the API's names; one without an end says none.
fn price_row<T: Copy + ToString>(prices: Prices<T>, span: Span) -> Vec<String> {
    let on = |basis| prices.on(basis).map_or_else(String::new, |price| price.to_string());
    let to = if span.is_open_ended() { String::new() } else { instant_text(span.to()) };
    vec![on(VatBasis::Exclusive), on(VatBasis::Inclusive), instant_text(span.from()), to]
}
