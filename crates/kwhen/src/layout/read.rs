//! Files of any layout into series: the API's own reader first, then what the file is taken for.

use super::channel::{Channel, Found, filled_with_zero, in_slots, summed};
use super::definition::{Measure, Unit};
use super::guess::Wish;
use super::kind::found;
use super::native::{Native, native, of_no_meter, own_file};
use super::pick::{note_tax, one, pick};
use super::said::{Said, Taken};
use crate::error::Result;
use crate::input::{self, EnergyUnit, PriceOptions, PriceRole, RateUnit, ReadingOptions};
use crate::series::{Consumption, RateSeries, StandingCharges};
use crate::time::Calendar;

/// Reads consumption of any layout. Times without a zone are of the calendar's clock unless something else says otherwise.
///
/// ```
/// use kwhen::input::ReadingOptions;
/// use kwhen::layout::{Said, consumption};
/// use kwhen::time::Calendar;
/// let file = "Zeit;Verbrauch (kWh)\n25.10.2026 00:00;0,1\n25.10.2026 00:30;0,1\n25.10.2026 01:00;0,2\n";
/// let said = Said { label: Some(kwhen::layout::Label::Start), ..Said::default() };
/// let read = consumption(file.as_bytes(), &said, &ReadingOptions::default(), &Calendar::great_britain(), None)?;
/// assert_eq!(read.series.total()?.to_string(), "0.4");
/// # Ok::<(), kwhen::Error>(())
/// ```
pub fn consumption(
    bytes: &[u8],
    said: &Said,
    options: &ReadingOptions,
    calendar: &Calendar,
    role: Option<PriceRole>,
) -> Result<Taken<Consumption>> {
    let own = |bytes: &[u8]| input::consumption(bytes, options);
    let said_unit = match options.unit {
        EnergyUnit::KilowattHours => None,
        EnergyUnit::WattHours => Some(Unit::Wh),
        EnergyUnit::MegawattHours => Some(Unit::Mwh),
    };
    let wish = Wish { measure: Measure::Reading, unit: Unit::Kwh, said_unit: said.unit.or(said_unit) };
    let found = match native(bytes, said, own, input::is_own_consumption)? {
        Native::Own(series) => {
            let series = if said.left_out_is_zero == Some(true) { filled_with_zero(series)? } else { series };
            return Ok(Taken { series: in_slots(series, said)?, file: own_file() });
        }
        Native::Other(refused) => {
            found(bytes, wish, said, (calendar, options.rounding, options.most_an_hour.is_some()))
                .map_err(|error| error.over(refused))?
        }
    };
    let Found { mut taken, channels, notices, left_out_is_zero, snap_seconds, series } = found;
    let options = &ReadingOptions { snap_seconds: options.snap_seconds.max(snap_seconds), ..*options };
    let left_out_is_zero = said.left_out_is_zero.unwrap_or(left_out_is_zero);
    taken.printed = channels.iter().filter_map(Channel::printed).collect();
    let chosen = pick(channels, Measure::Reading, role, said, &mut taken)?;
    if let Some(series) = series {
        let series = if left_out_is_zero { filled_with_zero(series)? } else { series };
        return Ok(Taken { series: in_slots(series, said)?, file: taken });
    }
    let mut notices = Some(notices);
    let parts = chosen
        .into_iter()
        .map(|channel| channel.consumption(options, left_out_is_zero, notices.take().unwrap_or_default()));
    let series = summed(parts.collect::<Result<_>>()?)?;
    Ok(Taken { series: in_slots(series, said)?, file: taken })
}

/// Reads unit rates of any layout.
pub fn unit_rates(bytes: &[u8], said: &Said, options: &PriceOptions) -> Result<Taken<RateSeries>> {
    let own = |bytes: &[u8]| input::unit_rates(bytes, options);
    let (unit, said_unit) = match options.unit {
        RateUnit::Pence => (Unit::MinorPerKwh, None),
        RateUnit::Pounds => (Unit::MajorPerKwh, Some(Unit::MajorPerKwh)),
        RateUnit::PoundsPerMegawattHour => (Unit::MajorPerMwh, Some(Unit::MajorPerMwh)),
    };
    let wish = Wish { measure: Measure::Rate, unit, said_unit: said.unit.or(said_unit) };
    let found = match native(bytes, &of_no_meter(said), own, input::is_own_unit_rates)? {
        Native::Own(series) => return Ok(Taken { series, file: own_file() }),
        Native::Other(refused) => found(bytes, wish, said, (&options.calendar, options.rounding, false))
            .map_err(|error| error.over(refused))?,
    };
    let Found { mut taken, channels, notices, snap_seconds, .. } = found;
    let options = &PriceOptions { snap_seconds: options.snap_seconds.max(snap_seconds), ..options.clone() };
    let channel = one(pick(channels, Measure::Rate, options.role, said, &mut taken)?)?;
    note_tax(&channel, options, &mut taken);
    Ok(Taken { series: channel.rates(options, notices)?, file: taken })
}

/// Reads standing charges of any layout.
pub fn standing_charges(bytes: &[u8], said: &Said, options: &PriceOptions) -> Result<Taken<StandingCharges>> {
    let own = |bytes: &[u8]| input::standing_charges(bytes, options);
    let wish = Wish { measure: Measure::StandingCharge, unit: Unit::MinorPerDay, said_unit: said.unit };
    let found = match native(bytes, &of_no_meter(said), own, input::is_own_standing_charges)? {
        Native::Own(series) => return Ok(Taken { series, file: own_file() }),
        Native::Other(refused) => found(bytes, wish, said, (&options.calendar, options.rounding, false))
            .map_err(|error| error.over(refused))?,
    };
    let Found { mut taken, channels, notices, snap_seconds, .. } = found;
    let options = &PriceOptions { snap_seconds: options.snap_seconds.max(snap_seconds), ..options.clone() };
    let channel = one(pick(channels, Measure::StandingCharge, None, said, &mut taken)?)?;
    note_tax(&channel, options, &mut taken);
    Ok(Taken { series: channel.standing_charges(options, notices)?, file: taken })
}
