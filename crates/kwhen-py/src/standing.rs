//! Standing charges, and the ways in and out of them.

use crate::arguments::{basis, instant, seconds};
use crate::errors::OrRaise;
use crate::series::{OPEN, RateAt, options, sentences};
use kwhen::series::{PriceRow, Prices, StandingCharges, VatBasis};
use kwhen::{Money, input};
use pyo3::prelude::*;

/// Standing charges.
#[pyclass(frozen, module = "kwhen._kwhen")]
pub(crate) struct Standing(pub(crate) StandingCharges);

#[pymethods]
impl Standing {
    /// From the bytes of JSON or CSV.
    #[staticmethod]
    #[pyo3(signature = (data, vat_included=true, method=None, mode=None, snap=0))]
    fn read(
        data: &[u8],
        vat_included: bool,
        method: Option<&str>,
        mode: Option<&str>,
        snap: u32,
    ) -> PyResult<Self> {
        let options = options(vat_included, method, mode, "pence", snap)?;
        input::standing_charges(data, &options).or_raise().map(Self)
    }

    /// One charge for all time.
    #[staticmethod]
    fn flat(pence: &str, vat_included: bool) -> PyResult<Self> {
        Ok(Self(StandingCharges::flat(Prices::only(basis(vat_included), pence.parse().or_raise()?))))
    }

    fn __len__(&self) -> usize {
        self.0.intervals().len()
    }

    fn notices(&self) -> Vec<String> {
        sentences(self.0.notices())
    }

    /// Every interval: when, without VAT, with VAT.
    fn intervals(&self) -> Vec<RateAt> {
        let text = |price: Option<Money>| price.map(|price| price.to_string());
        self.0
            .intervals()
            .iter()
            .map(|interval| {
                (
                    seconds(interval.span),
                    text(interval.prices.on(VatBasis::Exclusive)),
                    text(interval.prices.on(VatBasis::Inclusive)),
                )
            })
            .collect()
    }

    fn equals(&self, other: &Self) -> bool {
        self.0.intervals() == other.0.intervals()
    }

    /// From intervals as [`Standing::intervals`] gives them.
    #[staticmethod]
    fn from_intervals(intervals: Vec<RateAt>) -> PyResult<Self> {
        let price = |text: Option<String>| text.map(|text| text.parse::<Money>()).transpose().or_raise();
        let row = |(row, ((from, to), without, with)): (u64, RateAt)| {
            Ok(PriceRow {
                row,
                valid_from: Some(from).filter(|from| *from != OPEN.0).map(instant).transpose()?,
                valid_to: Some(to).filter(|to| *to != OPEN.1).map(instant).transpose()?,
                prices: Prices::from_options(price(without)?, price(with)?).or_raise()?,
                payment_method: None,
            })
        };
        let rows = (1..).zip(intervals).map(row).collect::<PyResult<Vec<_>>>()?;
        StandingCharges::from_rows(rows, None).or_raise().map(Self)
    }
}
