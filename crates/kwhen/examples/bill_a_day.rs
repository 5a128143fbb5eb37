//! What a day cost, line by line.

use kwhen::bill::{Bill, BillRequest};
use kwhen::input::{PriceOptions, ReadingOptions, consumption, standing_charges, unit_rates};
use kwhen::time::Calendar;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rates = unit_rates(include_bytes!("../../../data/rates.csv"), &PriceOptions::default())?;
    let used = consumption(include_bytes!("../../../data/consumption.csv"), &ReadingOptions::default())?;
    let daily =
        standing_charges(include_bytes!("../../../data/standing-charges.csv"), &PriceOptions::default())?;
    let day = Calendar::great_britain().day("2026-03-29".parse()?)?;
    let bill = Bill::new(&BillRequest::new(&used, &rates, day).standing_charges(&daily))?;
    for line in &bill.lines {
        println!("{}: {} p", line.description, line.net_minor);
    }
    println!("{} p with {} p of VAT; {} slots", bill.total_minor, bill.vat_minor, bill.coverage.billed_slots);
    Ok(())
}
