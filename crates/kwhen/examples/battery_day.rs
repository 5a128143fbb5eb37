//! What a battery does with two days of prices, load and sun.

use kwhen::input::{PriceOptions, ReadingOptions, consumption, unit_rates};
use kwhen::plan::battery::{Battery, BatteryRequest, Site};
use kwhen::time::{Calendar, Grid, SlotLength, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rates = unit_rates(include_bytes!("../../../data/rates.csv"), &PriceOptions::default())?;
    let load = consumption(include_bytes!("../../../data/consumption.csv"), &ReadingOptions::default())?;
    let sun = consumption(include_bytes!("../../../data/solar.csv"), &ReadingOptions::default())?;
    let gb = Calendar::great_britain();
    let days = Span::new(gb.parse("2026-01-14")?, gb.parse("2026-01-16")?)?;
    let import = rates.on_grid(&Grid::covering(days, SlotLength::HALF_HOUR)?, rates.paid_basis())?;
    let site = Site::from_rates(&import)?.load_readings(&load)?.solar_readings(&sun)?;
    let plan = Battery::new("10".parse()?, "3.6".parse()?)?
        .plan(&site, &BatteryRequest::starting_at("2".parse()?))?;
    println!("{} p; {} p saved", plan.cost(), plan.saving().unwrap_or_default());
    Ok(())
}
