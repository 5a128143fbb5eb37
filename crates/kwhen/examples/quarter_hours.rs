//! Quarter-hourly prices beside readings of an hour.

use kwhen::bill::{BetweenReadings, Bill, BillRequest};
use kwhen::series::VatBasis;
use kwhen::time::{Grid, SlotLength, Span, parse_instant};
use kwhen::{Consumption, RateSeries};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = parse_instant("2026-01-14T00:00:00Z")?;
    let quarters = Grid::new(start, SlotLength::QUARTER_HOUR, 8)?;
    let prices = ["10", "12", "14", "16", "20", "18", "-4", "2"].map(|price| price.parse().ok());
    let rates = RateSeries::on_slots(&quarters, VatBasis::Inclusive, &prices)?;
    let hours = Grid::new(start, SlotLength::HOUR, 2)?;
    let used = Consumption::on_slots(hours, &[Some("1".parse()?), Some("2".parse()?)])?;
    let period = Span::new(start, hours.end())?;
    let request = BillRequest::new(&used, &rates, period).between_readings(BetweenReadings::ByTime);
    let bill = Bill::new(&request)?;
    println!(
        "{} p, of which {} hours are shared out between their prices",
        bill.total_minor, bill.shared_slots
    );
    Ok(())
}
