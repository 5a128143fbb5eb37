//! A price that changes inside a month: each line has the span in which its price held.

use kwhen::Consumption;
use kwhen::bill::BillOptions;
use kwhen::tariff::TariffDefinition;
use kwhen::time::{Calendar, Grid, SlotLength, Span, instant_text};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gb = Calendar::great_britain();
    let definition = br#"{"code": "E-1R-VAR-22-11-01-C", "standing_charge": "53.35", "periods": [
        {"to": "2026-03-10", "unit_rate": "24.5"}, {"from": "2026-03-10", "unit_rate": "22.1"}]}"#;
    let tariff = TariffDefinition::from_json(definition, gb)?;
    let march = Span::new(gb.parse("2026-03-01")?, gb.parse("2026-04-01")?)?;
    let used = Consumption::constant(Grid::covering(march, SlotLength::HALF_HOUR)?, "0.2".parse()?);
    for line in tariff.bill(&used, march, &[], &BillOptions::default())?.lines {
        let (from, to) = (instant_text(line.span.from()), instant_text(line.span.to()));
        println!("{from} to {to}: {}, {} p", line.description, line.net_minor);
    }
    Ok(())
}
