//! Every offer with its cells, in order.

use super::cells::{Beside, Cell, Choice, Offer, Way};
use super::days::{MonthCost, of_energy, shown, summing_to, wear};
use super::ground::{Ground, Prices};
use super::home::{Home, moving};
use super::member::Member;
use super::plan::{Done, KnownThen, foresight, rolling};
use super::published::is_published_day_ahead;
use super::request::{ChoiceRequest, HomeDevice};
use super::risk::{Histories, advice, whole_months};
use crate::bill::MissingReadings;
use crate::bill::compare::{CompareRequest, Compared, Comparison, MonthTotal, compare};
use crate::error::{Error, Result};
use crate::plan::battery::Site;
use crate::quantity::Money;
use crate::series::Consumption;
use crate::tariff::{Fuel, PlanRates, Tariff};
use crate::time::{Period, PeriodKind, Publication};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The choice, and the same tariffs compared as the home was used over the same half-hours. `told` hears how many offers are done, of how
/// many, from whichever thread has finished one.
///
/// An error where the tariffs have no time in common, are paid in two currencies, are of gas, where two have one name, and where a device
/// cannot do what is asked of it under any.
pub fn choose(
    request: &ChoiceRequest<'_>,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Result<(Choice, Comparison)> {
    expect_sense(request)?;
    let currency = Tariff::one_currency(request.tariffs.iter().chain(request.export_tariffs))?;
    let ground = Ground::new(request)?;
    let nothing = Ground::nothing(&ground.consumption)?;
    let none_sold = match &ground.export {
        Some(export) => Some(Ground::nothing(export)?),
        None => (!request.export_tariffs.is_empty()).then(|| nothing.clone()),
    };
    let sold = ground.export.as_ref().or(none_sold.as_ref());
    let used = compare(&comparing(request, &ground, &ground.consumption, sold))?;
    let fixed = compare(&comparing(request, &ground, &nothing, none_sold.as_ref()))?;
    let days = request.calendar.cut(PeriodKind::Day, ground.period)?;
    let pairs: Vec<(usize, Option<usize>)> = (0..request.tariffs.len())
        .flat_map(|import| match request.export_tariffs.len() {
            0 => vec![(import, None)],
            exports => (0..exports).map(|export| (import, Some(export))).collect(),
        })
        .collect();
    let home = Home::of(request);
    let work = Work { request, home: &home, ground: &ground, used: &used, fixed: &fixed, days: &days };
    let (done, total) = (AtomicUsize::new(0), pairs.len());
    let offer = |pair: &(usize, Option<usize>)| {
        let offer = work.offer(*pair);
        told(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        offer.map(|offer| offer.map(|offer| (*pair, offer)))
    };
    #[cfg(feature = "rayon")]
    let offers: Vec<_> = {
        use rayon::prelude::*;
        pairs.par_iter().map(offer).collect::<Result<_>>()?
    };
    #[cfg(not(feature = "rayon"))]
    let offers: Vec<_> = pairs.iter().map(offer).collect::<Result<_>>()?;
    let mut offers: Vec<((usize, Option<usize>), Offer)> = offers.into_iter().flatten().collect();
    offers.sort_by(|(_, one), (_, other)| {
        let key = |offer: &Offer| {
            let is_other = !offer.can_be_had || offer.lacks_devices;
            (is_other, offer.chosen().cost_minor, offer.code.clone(), offer.export_code.clone())
        };
        key(one).cmp(&key(other))
    });
    let unplanned = offers.iter().find_map(|(_, offer)| offer.unplanned.as_ref());
    if let Some(why) = unplanned
        && offers.iter().all(|(_, offer)| offer.unplanned.is_some())
    {
        let empty = request.devices.iter().find(|device| device.starts_empty_and_leaves());
        let empty = empty.map(|device| {
            format!("; {} begins with nothing stored: its start_kwh says what there is", device.name())
        });
        let empty = empty.unwrap_or_default();
        return Err(Error::infeasible(format!("the devices can be planned under no tariff: {why}{empty}")));
    }
    let wanted = request.present.map(|(import, export)| (import, work.of_lists(export)));
    let present = wanted.map(|wanted| {
        offers.iter().position(|(pair, _)| *pair == wanted).ok_or_else(|| {
            let code = request.tariffs.get(wanted.0).map_or("", |tariff| &tariff.code);
            Error::missing("the present tariff could price nothing").with_value(code)
        })
    });
    let present = present.transpose()?;
    let mut offers: Vec<Offer> = offers.into_iter().map(|(_, offer)| offer).collect();
    for (place, offer) in offers.iter_mut().enumerate() {
        offer.rank = place + 1;
    }
    beside_each_other(&mut offers, present, (request, &days))?;
    let months: Vec<Period> = offers
        .first()
        .map(|offer| offer.used.months.iter().map(|month| month.period.clone()).collect())
        .unwrap_or_default();
    let whole = whole_months(&months, &request.calendar)?;
    // What cannot be had is not advised; the present one always can.
    let of_months = offers.iter().filter(|offer| offer.can_be_had && !offer.lacks_devices).map(|offer| {
        let months = &offer.chosen().months;
        whole.iter().filter_map(|place| months.get(*place)).map(|month| month.cost_minor).collect()
    });
    // Beside one that lacks what the devices take, nothing can be said.
    let beside = present.filter(|place| offers.get(*place).is_some_and(|offer| !offer.lacks_devices));
    let advice = advice(&of_months.collect::<Vec<Vec<Money>>>(), beside)?;
    let moving = match beside.and_then(|place| offers.get(place)) {
        Some(now) => {
            let best = offers.first().filter(|offer| offer.can_be_had && !offer.lacks_devices).unwrap_or(now);
            Some(moving(request, now, best)?)
        }
        None => None,
    };
    let choice = Choice {
        moving,
        period: ground.period,
        currency,
        devices: request.devices.iter().map(|device| device.name().to_owned()).collect(),
        ranked_by: if request.rolling.is_some() { Way::Rolling } else { Way::Foresight },
        slots: ground.grid.len(),
        planned_slots: ground.known.iter().filter(|known| **known).count(),
        present,
        notices: notices(request, &ground, &offers),
        offers,
        advice,
    };
    Ok((choice, used))
}

/// What cannot be asked for.
fn expect_sense(request: &ChoiceRequest<'_>) -> Result<()> {
    request.check()?;
    let mut codes = BTreeSet::new();
    for tariff in request.tariffs.iter().chain(request.export_tariffs) {
        if tariff.fuel == Fuel::Gas {
            return Err(Error::unsupported(
                "devices are planned under tariffs of electricity, and this is one of gas",
            )
            .with_value(&tariff.code));
        }
        if !codes.insert(&tariff.code) {
            return Err(Error::conflict("two tariffs are called so: give each a code of its own")
                .with_value(&tariff.code));
        }
    }
    for device in request.devices {
        // What is wrong with a tank is wrong under every tariff.
        if let HomeDevice::Thermal(heat) = device {
            let store = heat.over(&request.calendar, request.period);
            let _ = store.map_err(|error| error.in_source(heat.name()))?;
        }
    }
    let mut names = BTreeSet::new();
    match request.devices.iter().map(HomeDevice::name).find(|name| !names.insert(*name)) {
        Some(name) => {
            Err(Error::conflict("two devices are called so: give each a name of its own").with_value(name))
        }
        None => Ok(()),
    }
}

/// What is to be known of the figures.
fn notices(request: &ChoiceRequest<'_>, ground: &Ground, offers: &[Offer]) -> Vec<String> {
    let mut notices = Vec::new();
    if ground.period != request.period {
        notices.push(format!(
            "all are set beside each other over the time that readings and tariffs have in common: {}",
            ground.period
        ));
    }
    let still = ground.known.iter().filter(|known| !**known).count();
    if still > 0 {
        notices.push(format!(
            "in {still} slots a reading or a price is missing: the devices stand still there, and nothing is billed"
        ));
    }
    if ground.estimated > 0 {
        notices.push(format!("{} readings are estimates", ground.estimated));
    }
    if !request.devices.is_empty() {
        notices.push(
            "the readings are taken as the home without these devices: where a battery or car is in them already, it is counted twice"
                .to_owned(),
        );
    }
    if request.rolling.is_some() && !request.devices.is_empty() {
        let looked_at = request.rolling.map_or(0, |days| days.days());
        notices.push(match ground.days_before().min(looked_at) {
            0 => "from day to day, what to expect comes from days before within this time: its first day has none"
                .to_owned(),
            days => format!("from day to day, what to expect comes from past days, {days} of them before this time"),
        });
    }
    if request.devices.len() > 1 {
        notices.push(
            "the devices are planned in turns, each exactly beside the others until none can do better: a real plan, but not proven to be the best"
                .to_owned(),
        );
    }
    for device in request.devices {
        let HomeDevice::Appliance(load) = device else { continue };
        let Ok(times) = load.times(&request.calendar, ground.period) else { continue };
        if !times.cut.is_empty() {
            let days: Vec<String> = times.cut.iter().map(ToString::to_string).collect();
            notices.push(format!(
                "{} of the runs of {} not planned and cost nothing here: their time begins on {} and is not whole within the time that is compared ({})",
                times.cut.len(),
                if times.cut.len() == 1 { format!("{} is", load.name()) } else { format!("{} are", load.name()) },
                days.join(", "),
                ground.period
            ));
        }
        notices.extend(times.left_out.into_iter().map(|date| {
            format!(
                "{} does not run in its time that begins on {date}: the clock goes forward in it, and what is left is too short for its programme of {} minutes",
                load.name(),
                load.minutes()
            )
        }));
    }
    let planned =
        request.tariffs.iter().zip(&ground.imports).chain(request.export_tariffs.iter().zip(&ground.exports));
    for (tariff, prices) in planned {
        let left_out = prices.iter().flat_map(|prices| &prices.left_out);
        notices.extend(left_out.map(|text| format!("{}: {text}; its bill has it", tariff.code)));
    }
    let unplanned = offers.iter().filter_map(|offer| Some((offer, offer.unplanned.as_ref()?)));
    notices.extend(unplanned.map(|(offer, why)| {
        let after = if offer.lacks_devices {
            "; what the devices take is not in that, so it stands after the others and is not set beside them"
        } else {
            ""
        };
        format!("{} is shown as used, for it cannot be planned: {why}{after}", offer.name())
    }));
    notices
}

/// The comparison of some energies over the common span.
fn comparing<'a>(
    request: &ChoiceRequest<'a>,
    ground: &Ground,
    consumption: &'a Consumption,
    export: Option<&'a Consumption>,
) -> CompareRequest<'a> {
    CompareRequest::new(consumption, request.tariffs, ground.period)
        .exported(export.filter(|_| !request.export_tariffs.is_empty()), request.export_tariffs)
        .calendar(request.calendar)
        .rules(request.rules.clone())
        .missing(MissingReadings::Exclude)
}

/// What the offers cost beside the present one, and how that may turn out.
fn beside_each_other(
    offers: &mut [Offer],
    present: Option<usize>,
    (request, days): (&ChoiceRequest<'_>, &[Period]),
) -> Result<()> {
    let histories = match request.draws {
        0 => None,
        draws => Some(Histories::drawn(days, &request.calendar, draws, request.seed)?),
    };
    let Some(reference) = offers.get(present.unwrap_or(0)).filter(|offer| !offer.lacks_devices).cloned()
    else {
        return Ok(());
    };
    let beyond = || Error::out_of_range("a difference is beyond the range of p");
    let less = |one: Money, other: Money| one.checked_sub(other).ok_or_else(beyond);
    for (place, offer) in offers.iter_mut().enumerate() {
        if place == present.unwrap_or(0) || offer.lacks_devices {
            continue;
        }
        if present.is_some() {
            let cost = less(offer.chosen().cost_minor, reference.chosen().cost_minor)?;
            let fixed = less(offer.used.fixed_minor, reference.used.fixed_minor)?;
            let used = less(offer.used.cost_minor, reference.used.cost_minor)?;
            offer.beside_present = Some(Beside {
                cost_minor: cost,
                price_minor: less(used, fixed)?,
                shifting_minor: less(cost, used)?,
                fixed_minor: fixed,
            });
        }
        if let Some(histories) = &histories {
            offer.range = histories.range(&offer.daily, &reference.daily)?;
        }
    }
    Ok(())
}

/// What all offers are made from.
struct Work<'a> {
    request: &'a ChoiceRequest<'a>,
    home: &'a Home<'a>,
    ground: &'a Ground,
    used: &'a Comparison,
    fixed: &'a Comparison,
    days: &'a [Period],
}

/// What plans an offer.
struct Planned {
    site: Site,
    devices: Vec<Member>,
    foresight: Done,
    rolling: Option<Done>,
}

impl Work<'_> {
    /// The place of an export tariff, where there are any.
    fn of_lists(&self, export: usize) -> Option<usize> {
        (!self.request.export_tariffs.is_empty()).then_some(export)
    }

    /// An offer; `None` where a tariff prices nothing.
    fn offer(&self, (import, export): (usize, Option<usize>)) -> Result<Option<Offer>> {
        let tariff =
            self.request.tariffs.get(import).ok_or_else(|| Error::missing("there is no such tariff"))?;
        let export_tariff = export.and_then(|place| self.request.export_tariffs.get(place));
        let is_this = |compared: &&Compared| {
            compared.code == tariff.code
                && compared.export_code.as_ref() == export_tariff.map(|tariff| &tariff.code)
        };
        let Some(used) = self.used.tariffs.iter().find(is_this) else { return Ok(None) };
        let fixed =
            self.fixed.tariffs.iter().find(is_this).map_or(Money::ZERO, |compared| compared.total_minor);
        let used = cell(used, fixed, None)?;
        let day_ahead = |prices: Option<&Prices>| {
            prices.and_then(|prices| prices.as_ref().ok()).is_some_and(|prices| {
                is_published_day_ahead(&prices.rates, self.ground.period, &self.request.calendar)
            })
        };
        let published_day_ahead = day_ahead(self.ground.imports.get(import))
            || export.is_some_and(|export| day_ahead(self.ground.exports.get(export)));
        let mut offer = Offer {
            rank: 0,
            code: tariff.code.clone(),
            export_code: export_tariff.map(|tariff| tariff.code.clone()),
            published_day_ahead,
            daily: summing_to(&used.months, self.days, vec![Money::ZERO; self.days.len()])?,
            used,
            foresight: None,
            rolling: None,
            unplanned: None,
            lacks_devices: false,
            span: self.ground.period,
            can_be_had: self.home.can_have(tariff, export_tariff),
            terms: self.home.terms(tariff, export_tariff),
            beside_present: None,
            range: None,
            days: Vec::new(),
        };
        let planned = match self.planned((import, export), tariff, published_day_ahead) {
            Ok(planned) => planned,
            Err(why) => return Ok(Some(self.unplanned(offer, &why))),
        };
        let bill = |done: &Done| self.bill(done, &planned.devices, (tariff, export_tariff), fixed);
        let bills = bill(&planned.foresight)
            .and_then(|foresight| Ok((foresight, planned.rolling.as_ref().map(bill).transpose()?)));
        match bills {
            Ok((foresight, rolling)) => (offer.foresight, offer.rolling) = (Some(foresight), rolling),
            Err(why) => return Ok(Some(self.unplanned(offer, &why))),
        }
        let done = planned.rolling.as_ref().unwrap_or(&planned.foresight);
        let energy = of_energy(self.ground, &planned.site, (done, &planned.devices), self.days)?;
        offer.days = shown(self.ground, &planned.site, done, (self.days, &energy));
        offer.daily = summing_to(&offer.chosen().months, self.days, energy)?;
        Ok(Some(offer))
    }

    /// An offer as the home was used, with why there is no plan.
    fn unplanned(&self, offer: Offer, why: &Error) -> Offer {
        let lacks_devices = self.request.devices.iter().any(HomeDevice::takes_energy);
        Offer { unplanned: Some(why.to_string()), lacks_devices, ..offer }
    }

    fn planned(
        &self,
        (import, export): (usize, Option<usize>),
        tariff: &Tariff,
        published_day_ahead: bool,
    ) -> Result<Planned> {
        let request = self.request;
        let bought = priced(&self.ground.imports, import)?;
        let sold = export.map(|export| priced(&self.ground.exports, export)).transpose()?;
        let whole = self.ground.site(request, (bought, sold), (tariff, published_day_ahead))?;
        let past = whole.grid().len() - self.ground.grid.len();
        let site = whole.part(past..whole.grid().len())?;
        let devices = request.devices.iter();
        let devices = devices.map(|device| {
            let member = device.member(&request.calendar, &site);
            Ok(member.map_err(|error| error.in_source(device.name()))?.held(&self.ground.still))
        });
        let devices = devices.collect::<Result<Vec<_>>>()?;
        let known = self.ground.known.as_slice();
        let foresight = foresight(&site, &devices, known)?;
        let rolled = request.rolling.map(|days| {
            let publication = published_day_ahead.then(|| Publication::day_ahead(&request.calendar));
            let then = KnownThen { calendar: request.calendar, publication, days };
            rolling(&whole, &site, (&devices, known), &then)
        });
        let rolled = rolled.transpose()?;
        // Turns end where none of several devices can do better by itself: what was planned from day to day may be better, and is a plan that
        // foresight has too.
        let is_better = |done: &&Done| done.objective < foresight.objective;
        let foresight = rolled.as_ref().filter(is_better).cloned().unwrap_or(foresight);
        Ok(Planned { rolling: rolled, site, devices, foresight })
    }

    /// The bill of a plan's own energies.
    fn bill(
        &self,
        done: &Done,
        devices: &[Member],
        (tariff, export_tariff): (&Tariff, Option<&Tariff>),
        fixed: Money,
    ) -> Result<Cell> {
        let bought = self.ground.imported(&done.import)?;
        let sold = self.ground.exported(&done.export)?;
        let one = CompareRequest {
            tariffs: std::slice::from_ref(tariff),
            export_tariffs: export_tariff.map_or(&[][..], std::slice::from_ref),
            consumption: &bought,
            export: export_tariff.map(|_| &sold),
            ..comparing(self.request, self.ground, &self.ground.consumption, None)
        };
        let comparison = compare(&one)?;
        let compared = comparison.tariffs.first().ok_or_else(|| Error::missing("the plan has no bill"))?;
        let worn = |slots: std::ops::Range<usize>| {
            let known = slots.filter(|slot| self.ground.known.get(*slot) == Some(&true));
            Money::sum(known.map(|slot| wear(done, devices, slot)).collect::<Result<Vec<_>>>()?)
        };
        let months = compared.months.iter().map(|month| {
            let wear = worn(self.ground.grid.slots_starting_in(month.period.span))?;
            Ok(MonthCost { period: month.period.clone(), cost_minor: Money::sum([month.total_minor, wear])? })
        });
        cell(
            compared,
            fixed,
            Some((worn(0..self.ground.grid.len())?, months.collect::<Result<_>>()?, done.objective)),
        )
    }
}

/// What a tariff is planned by.
fn priced(list: &[Prices], place: usize) -> Result<&PlanRates> {
    match list.get(place) {
        Some(Ok(prices)) => Ok(prices),
        Some(Err(why)) => Err(Error::unsupported(why.clone())),
        None => Err(Error::missing("there is no such tariff")),
    }
}

fn cell(compared: &Compared, fixed: Money, plan: Option<(Money, Vec<MonthCost>, Money)>) -> Result<Cell> {
    let (wear, months, objective) = match plan {
        Some((wear, months, objective)) => (wear, months, Some(objective)),
        None => {
            let months = compared.months.iter();
            let month = |month: &MonthTotal| MonthCost {
                period: month.period.clone(),
                cost_minor: month.total_minor,
            };
            (Money::ZERO, months.map(month).collect(), None)
        }
    };
    Ok(Cell {
        total_minor: compared.total_minor,
        fixed_minor: fixed,
        wear_minor: wear,
        cost_minor: Money::sum([compared.total_minor, wear])?,
        kwh: compared.kwh,
        export_minor: compared.export_minor,
        objective_minor: objective,
        months,
    })
}
