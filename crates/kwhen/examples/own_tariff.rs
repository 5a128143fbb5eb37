//! A tariff of one's own shape: a rate for each slot, here by how much was used before it that day.

use kwhen::bill::{Bill, BillRequest};
use kwhen::input::{ReadingOptions, consumption};
use kwhen::series::VatBasis;
use kwhen::time::Calendar;
use kwhen::{Energy, RateSeries, UnitRate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let used = consumption(include_bytes!("../../../data/consumption.csv"), &ReadingOptions::default())?;
    let (gb, first_kwh): (_, Energy) = (Calendar::great_britain(), "5".parse()?);
    let (cheap, dear): (UnitRate, UnitRate) = ("18".parse()?, "29".parse()?);
    let (mut today, mut so_far, mut rates) = (None, Energy::ZERO, Vec::new());
    for (slot, reading) in used.grid().slots().zip(used.iter()) {
        if today.replace(gb.date(slot.span.from())) != Some(gb.date(slot.span.from())) {
            so_far = Energy::ZERO;
        }
        rates.push(Some(if so_far < first_kwh { cheap } else { dear }));
        so_far = Energy::sum([so_far, reading.unwrap_or_default()])?;
    }
    let rates = RateSeries::on_slots(used.grid(), VatBasis::Exclusive, &rates)?;
    let bill = Bill::new(&BillRequest::new(&used, &rates, gb.day("2026-01-14".parse()?)?))?;
    println!("{} kWh: {} p", bill.kwh, bill.total_minor);
    Ok(())
}
