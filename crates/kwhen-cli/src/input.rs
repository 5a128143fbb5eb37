//! Files into series: opened here, read by the core.

use crate::arguments::Pricing;
use crate::failure::{Failure, Result};
use kwhen::input::PriceOptions;
use kwhen::series::StandingCharges;
use kwhen::time::{Span, parse_instant};
use kwhen::{Consumption, Energy, RateSeries};
use std::io::Read as _;
use std::path::Path;

/// The bytes of one file and the name that messages give it.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    bytes: Vec<u8>,
    /// Whether it is in the store of `--store`, by its name.
    stored: bool,
}

/// Where an argument's file is: `-` is standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

impl Source {
    /// Reads a file, or standard input where it is `-`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if crate::store::is_in_use() && path.as_os_str() != STANDARD_INPUT && !path.exists() {
            return Ok(Self { name: path.display().to_string(), bytes: Vec::new(), stored: true });
        }
        let (name, bytes) = if path.as_os_str() == STANDARD_INPUT {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            ("standard input".to_owned(), read.map(|_| bytes))
        } else {
            (path.display().to_string(), std::fs::read(path))
        };
        let bytes = bytes.map_err(|error| Failure::work(format!("{name}: cannot be read: {error}")))?;
        Ok(Self { name, bytes, stored: false })
    }

    /// The name that messages give it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What is in it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is in the store of `--store`.
    pub(crate) const fn is_stored(&self) -> bool {
        self.stored
    }

    /// What is built into the command.
    pub(crate) fn bundled(name: &str, bytes: &'static [u8]) -> Self {
        Self { name: format!("bundled {name}"), bytes: bytes.to_vec(), stored: false }
    }

    pub(crate) fn rates(&self, pricing: &Pricing) -> Result<RateSeries> {
        if self.stored {
            return crate::store::rates(&self.name, pricing);
        }
        let read = kwhen::input::unit_rates(&self.bytes, &options(pricing));
        Ok(read.map_err(|error| error.in_source(&self.name))?)
    }

    pub(crate) fn standing_charges(&self, pricing: &Pricing) -> Result<StandingCharges> {
        if self.stored {
            return crate::store::standing_charges(&self.name, pricing);
        }
        let read = kwhen::input::standing_charges(&self.bytes, &options(pricing));
        Ok(read.map_err(|error| error.in_source(&self.name))?)
    }

    pub(crate) fn consumption(&self) -> Result<Consumption> {
        if self.stored {
            return crate::store::consumption(&self.name);
        }
        let read = kwhen::input::consumption(&self.bytes, None);
        Ok(read.map_err(|error| error.in_source(&self.name))?)
    }
}

fn options(pricing: &Pricing) -> PriceOptions {
    PriceOptions {
        payment_method: pricing.payment_method(),
        bare_price: pricing.rate_vat.basis(),
        ..PriceOptions::default()
    }
}

/// The blocks of a plan that an earlier run wrote as JSON: when each is and, where it says so, how much is drawn.
pub(crate) fn plan_in_force(path: &Path, place: &str) -> Result<Vec<(Span, Option<Energy>)>> {
    let Source { name, bytes, .. } = Source::read(path)?;
    let refused = |what: String| Failure::work(format!("{name}: {what}"));
    let plan: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| refused(format!("is not a plan in JSON: {error}")))?;
    let blocks = plan.pointer(place).and_then(serde_json::Value::as_array);
    let blocks =
        blocks.ok_or_else(|| refused("has no list of blocks, as --format json writes it".to_owned()))?;
    let block = |(row, block): (usize, &serde_json::Value)| {
        let text = |field: &str| block.get(field).and_then(serde_json::Value::as_str);
        let wrong = |error: kwhen::Error| refused(format!("block {}: {error}", row + 1));
        let instant = |field: &str| {
            let text =
                text(field).ok_or_else(|| refused(format!("block {}: field {field} is missing", row + 1)))?;
            parse_instant(text).map_err(|error| wrong(error.in_field(field)))
        };
        let span = Span::new(instant("from")?, instant("to")?).map_err(wrong)?;
        let energy = text("kwh").map(str::parse).transpose().map_err(wrong)?;
        Ok((span, energy))
    };
    blocks.iter().enumerate().map(block).collect()
}

/// Standard input can be read once.
pub(crate) fn at_most_one_standard_input<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<()> {
    let count = paths.into_iter().filter(|path| path.as_os_str() == STANDARD_INPUT).count();
    if count > 1 {
        return Err(Failure::usage("only one file can be `-`, standard input"));
    }
    Ok(())
}
