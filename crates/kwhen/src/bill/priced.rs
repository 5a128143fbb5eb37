//! Energy joined to a price: slot by slot, or by what the days of a schedule have in common.

use super::BillRequest;
use super::request::{BetweenReadings, Grouping};
use crate::error::{Error, Result};
use crate::quantity::{Energy, Money, UnitRate};
use crate::series::{Consumption, Merged, VatBasis, energy_from_sum};
use crate::tariff::Schedule;
use crate::time::{Grid, Span};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

/// Energy with its prices.
pub(super) enum Priced<'a> {
    /// Slot by slot.
    Merged(Merged<'a>),
    /// Days at a time.
    Daily(&'a Daily<'a>),
}

/// Energy priced by a schedule, of which every slot was read and lies within one band: a day's slots are summed over all days alike, and
/// no rate is made for any of them.
pub(super) struct Daily<'a> {
    schedule: &'a Schedule,
    energy: &'a Consumption,
    basis: VatBasis,
    /// What was asked last: a ledger is laid out over the parts that are then filled.
    known: RefCell<Option<(Span, Vec<RateUse>)>>,
}

/// What of a span has one rate.
#[derive(Clone, Copy, Debug)]
struct RateUse {
    rate: UnitRate,
    slots: usize,
    energy: i128,
    held: (i64, i64),
}

impl<'a> Daily<'a> {
    /// `None` where slots must be looked at one by one: the rules round them, pieces are slots, one was not read, or the schedule's edges
    /// lie elsewhere than theirs. Also where the schedule does not know its days, which the slots then say.
    pub(super) fn new(
        schedule: &'a Schedule,
        energy: &'a Consumption,
        span: Span,
        request: &BillRequest<'_>,
    ) -> Option<Self> {
        let rules = &request.rules;
        let whole = rules.slot_cost.is_none()
            && rules.day_energy.is_none()
            && request.grouping != Some(Grouping::Slots)
            && request.between_readings == BetweenReadings::Refuse;
        let grid = energy.grid();
        let slots = grid.slots_starting_in(span);
        let is_read = grid.start_seconds() <= span.start_seconds()
            && span.to_seconds() <= grid.end_seconds()
            && energy.validity().count_in(slots.clone()) == slots.len();
        let on_basis =
            |basis| schedule.bands().iter().all(|band| band.prices.on(basis).is_some()).then_some(basis);
        let basis = on_basis(VatBasis::Exclusive).or_else(|| on_basis(VatBasis::Inclusive))?;
        let applies = whole && is_read && schedule.is_on_slots(grid, span) && schedule.check(span).is_ok();
        applies.then(|| Self { schedule, energy, basis, known: RefCell::new(None) })
    }

    /// What a span has of each rate, cheapest first.
    fn uses<R>(&self, span: Span, of: impl FnOnce(&[RateUse]) -> R) -> R {
        let mut known = self.known.borrow_mut();
        if known.as_ref().is_none_or(|(known, _)| *known != span) {
            let mut uses: Vec<RateUse> = Vec::new();
            for part in self.schedule.band_uses(span, self.energy.grid(), self.energy.column()) {
                let band = self.schedule.bands().get(part.band);
                let Some(rate) = band.and_then(|band| band.prices.on(self.basis)) else { continue };
                match uses.binary_search_by_key(&rate, |known| known.rate) {
                    Ok(place) => {
                        if let Some(known) = uses.get_mut(place) {
                            known.slots += part.slots;
                            known.energy += part.energy;
                            known.held = (known.held.0.min(part.held.0), known.held.1.max(part.held.1));
                        }
                    }
                    Err(place) => {
                        let (slots, energy, held) = (part.slots, part.energy, part.held);
                        uses.insert(place, RateUse { rate, slots, energy, held });
                    }
                }
            }
            *known = Some((span, uses));
        }
        of(known.as_ref().map_or(&[], |(_, uses)| uses))
    }
}

impl Priced<'_> {
    /// The slots of the readings.
    pub(super) const fn grid(&self) -> &Grid {
        match self {
            Self::Merged(merged) => merged.grid(),
            Self::Daily(daily) => daily.energy.grid(),
        }
    }

    /// The basis that is billed: without VAT where that is known.
    pub(super) const fn basis(&self) -> VatBasis {
        match self {
            Self::Merged(merged) if merged.rates().has(VatBasis::Exclusive) => VatBasis::Exclusive,
            Self::Merged(_) => VatBasis::Inclusive,
            Self::Daily(daily) => daily.basis,
        }
    }

    /// Slot by slot; an error where no slot is to be looked at by itself.
    pub(super) fn by_slot(&self) -> Result<&Merged<'_>> {
        match self {
            Self::Merged(merged) => Ok(merged),
            Self::Daily(_) => Err(Error::missing("the slots of this price are not known one by one")),
        }
    }

    /// How many slots of a range are billed.
    pub(super) fn billed_slots(&self, slots: Range<usize>) -> usize {
        match self {
            Self::Merged(merged) => merged.billed_slots(slots),
            Self::Daily(_) => slots.len(),
        }
    }

    /// How many slots of a span are billed at one rate, or at any.
    pub(super) fn slots_at(&self, span: Span, rate: Option<UnitRate>) -> Result<usize> {
        let wanted = |at: UnitRate| rate.is_none_or(|rate| rate == at);
        match self {
            Self::Merged(merged) => {
                let slots = merged.grid().slots_starting_in(span);
                let billed = merged.billed(slots, self.basis())?.filter(|slot| wanted(slot.rate));
                // A slot that is shared out stands there once for each rate.
                Ok(billed.map(|slot| slot.index).collect::<BTreeSet<_>>().len())
            }
            Self::Daily(daily) => daily.uses(span, |uses| {
                Ok(uses.iter().filter(|known| wanted(known.rate)).map(|known| known.slots).sum())
            }),
        }
    }

    /// The rates of the billed slots of a span, cheapest first; `None` where there are more than `most`.
    pub(super) fn rates_in(&self, span: Span, most: usize) -> Result<Option<Vec<UnitRate>>> {
        match self {
            Self::Merged(merged) => {
                merged.rates_in(merged.grid().slots_starting_in(span), self.basis(), most)
            }
            Self::Daily(daily) => daily.uses(span, |uses| {
                let billed = uses.iter().filter(|known| known.slots > 0).map(|known| known.rate);
                let rates: Vec<UnitRate> = billed.collect();
                Ok((rates.len() <= most).then_some(rates))
            }),
        }
    }

    /// When each of some rates (sorted, none twice) first and last holds within a span.
    pub(super) fn held(&self, span: Span, rates: &[UnitRate]) -> Result<Vec<Option<Span>>> {
        match self {
            Self::Merged(merged) => merged.rates().held(self.basis(), span, rates),
            Self::Daily(daily) => daily.uses(span, |uses| {
                let held = |rate: &UnitRate| {
                    let place = uses.binary_search_by_key(rate, |known| known.rate).ok()?;
                    let (from, to) = uses.get(place)?.held;
                    Some(Span::from_seconds(from, to))
                };
                Ok(rates.iter().map(held).collect())
            }),
        }
    }

    /// The energy of the billed slots of a span by rate.
    pub(super) fn energy_by_rate(&self, span: Span) -> Result<Vec<(UnitRate, Energy)>> {
        match self {
            Self::Merged(merged) => {
                merged.energy_by_rate(merged.grid().slots_starting_in(span), self.basis())
            }
            Self::Daily(daily) => daily.uses(span, |uses| {
                let billed = uses.iter().filter(|known| known.slots > 0);
                billed.map(|known| Ok((known.rate, energy_from_sum(known.energy)?))).collect()
            }),
        }
    }

    /// The energy of the billed slots of a span and what it costs, exactly.
    pub(super) fn energy_and_cost(&self, span: Span) -> Result<(Energy, Money)> {
        match self {
            Self::Merged(merged) => {
                let slots = merged.grid().slots_starting_in(span);
                Ok((merged.energy(slots.clone())?, merged.cost(slots, self.basis())?))
            }
            Self::Daily(_) => {
                let known = self.energy_by_rate(span)?;
                let cost = Money::sum(known.iter().map(|(rate, energy)| *energy * *rate))?;
                Ok((Energy::sum(known.into_iter().map(|(_, energy)| energy))?, cost))
            }
        }
    }
}
