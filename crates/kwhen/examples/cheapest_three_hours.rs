//! The cheapest three hours of a night, to the minute.

use kwhen::input::{PriceOptions, unit_rates};
use kwhen::plan::{SlotPrices, window::WindowRequest};
use kwhen::time::{Calendar, SlotLength, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rates = unit_rates(include_bytes!("../../../data/rates.csv"), &PriceOptions::default())?;
    let gb = Calendar::great_britain();
    let night = Span::new(gb.parse("2026-01-14T18:00")?, gb.parse("2026-01-15T08:00")?)?;
    let prices = SlotPrices::over(&rates, night, SlotLength::HALF_HOUR)?;
    let found = WindowRequest::unbroken(180)?.during(night).find(&prices)?;
    for window in &found.windows {
        window.blocks.iter().for_each(|block| println!("{block} at {} p/kWh", window.average_minor_per_kwh));
    }
    Ok(())
}
