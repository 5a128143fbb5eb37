//! A price with and without VAT.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether VAT is in a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum VatBasis {
    /// VAT is not in it (`value_exc_vat`).
    Exclusive,
    /// VAT is in it (`value_inc_vat`): what the customer pays.
    Inclusive,
}

/// A price as a source gives it: without VAT, with VAT, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prices<T> {
    /// Without VAT alone.
    Exclusive(T),
    /// With VAT alone.
    Inclusive(T),
    /// Both, as the API gives them.
    Both {
        /// Without VAT.
        exc_vat: T,
        /// With VAT.
        inc_vat: T,
    },
}

impl<T: Copy> Prices<T> {
    /// A price on one basis.
    pub const fn only(basis: VatBasis, price: T) -> Self {
        match basis {
            VatBasis::Exclusive => Self::Exclusive(price),
            VatBasis::Inclusive => Self::Inclusive(price),
        }
    }

    /// Whichever are there; an error where neither is.
    pub fn from_options(exc_vat: Option<T>, inc_vat: Option<T>) -> Result<Self> {
        match (exc_vat, inc_vat) {
            (Some(exc_vat), Some(inc_vat)) => Ok(Self::Both { exc_vat, inc_vat }),
            (Some(price), None) => Ok(Self::Exclusive(price)),
            (None, Some(price)) => Ok(Self::Inclusive(price)),
            (None, None) => {
                Err(Error::missing("has no price: value_exc_vat and value_inc_vat are both empty"))
            }
        }
    }

    /// The price on a basis, if the source gave it.
    pub const fn on(&self, basis: VatBasis) -> Option<T> {
        match (basis, *self) {
            (VatBasis::Exclusive, Self::Exclusive(price) | Self::Both { exc_vat: price, .. })
            | (VatBasis::Inclusive, Self::Inclusive(price) | Self::Both { inc_vat: price, .. }) => {
                Some(price)
            }
            (VatBasis::Exclusive, Self::Inclusive(_)) | (VatBasis::Inclusive, Self::Exclusive(_)) => None,
        }
    }

    /// What the customer pays: VAT in where the source says so, else what there is.
    pub const fn paid(&self) -> T {
        match *self {
            Self::Inclusive(price) | Self::Both { inc_vat: price, .. } | Self::Exclusive(price) => price,
        }
    }
}

impl<T: Copy + fmt::Display> fmt::Display for Prices<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Both { exc_vat, inc_vat } => write!(f, "{exc_vat} exc VAT ({inc_vat} inc)"),
            Self::Exclusive(price) => write!(f, "{price} exc VAT"),
            Self::Inclusive(price) => write!(f, "{price} inc VAT"),
        }
    }
}
