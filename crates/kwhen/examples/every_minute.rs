//! A decision every minute: keep to the plan in force unless another is better by half a penny a kWh.

use kwhen::input::{PriceOptions, unit_rates};
use kwhen::plan::{SlotPrices, window::WindowRequest};
use kwhen::time::{Calendar, SlotLength, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rates = unit_rates(include_bytes!("../../../data/rates.csv"), &PriceOptions::default())?;
    let gb = Calendar::great_britain();
    let (mut now, end) = (gb.parse("2026-01-14T22:07")?, gb.parse("2026-01-15T08:00")?);
    let (mut in_force, mut changes) = (Vec::new(), 0);
    while in_force.first().is_none_or(|block: &Span| now < block.from()) {
        let ahead = Span::new(now, end)?;
        let prices = SlotPrices::over(&rates, ahead, SlotLength::HALF_HOUR)?;
        let found = WindowRequest::unbroken(120)?.during(ahead).keep_unless_better(
            &prices,
            &in_force,
            "0.5".parse()?,
        )?;
        let blocks = found.window.map(|window| window.blocks).unwrap_or_default();
        changes += usize::from(blocks != in_force);
        (in_force, now) = (blocks, now + chrono::TimeDelta::minutes(1));
    }
    let begun = in_force.first().map(Span::to_string).unwrap_or_default();
    println!("{begun} planned {changes} time(s), kept until it began");
    Ok(())
}
