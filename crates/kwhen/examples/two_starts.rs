//! 20 kWh into a car by seven, starting at most twice.

use kwhen::input::{PriceOptions, unit_rates};
use kwhen::plan::{SlotPrices, charge::ChargeRequest};
use kwhen::time::{Calendar, SlotLength, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rates = unit_rates(include_bytes!("../../../data/rates.csv"), &PriceOptions::default())?;
    let gb = Calendar::great_britain();
    let night = Span::new(gb.parse("2026-01-14T18:00")?, gb.parse("2026-01-15T07:00")?)?;
    let prices = SlotPrices::over(&rates, night, SlotLength::HALF_HOUR)?;
    let plan = ChargeRequest::energy("20".parse()?, "7.4".parse()?, night)?.max_starts(2).plan(&prices)?;
    for block in &plan.blocks {
        println!("{} at {} kW: {} kWh, {} p", block.span, block.kw, block.kwh, block.cost_minor);
    }
    println!("{} p in {} start(s)", plan.cost_minor, plan.starts);
    Ok(())
}
