//! To whom tariffs are sold, as a flag says it beside codes, products and definitions.

use crate::failure::Result;
use crate::given::{Flag, used};
use clap::{Args, ValueEnum};
use kwhen::tariff::{Customer, Direction, Tariff};

/// To whom tariffs are sold.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Selling {
    /// To whom the tariffs are sold, where neither their codes, products nor prices say it
    #[arg(long, value_enum, value_name = "WHO")]
    customer: Option<SoldTo>,
}

/// A home or a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SoldTo {
    /// A home
    Domestic,
    /// A business
    Business,
}

impl SoldTo {
    pub(crate) const fn customer(self) -> Customer {
        match self {
            Self::Domestic => Customer::Domestic,
            Self::Business => Customer::Business,
        }
    }
}

impl Selling {
    pub(crate) fn customer(&self) -> Option<Customer> {
        self.customer.map(SoldTo::customer)
    }

    /// Says that a tariff bears VAT by whom it is sold to.
    pub(crate) fn concerns(&self, tariff: &Tariff) {
        if tariff.direction == Direction::Import {
            used(&[Flag::Customer]);
        }
    }

    /// A tariff sold as the flag says; an error that names both where `who` says otherwise.
    pub(crate) fn agreed(&self, tariff: Tariff, who: &str, says: Option<Customer>) -> Result<Tariff> {
        self.concerns(&tariff);
        match Customer::agreed(&[(who, says), ("--customer", self.customer())])? {
            None => Ok(tariff),
            said => Ok(tariff.sold_to(said)),
        }
    }

    /// Likewise for one whose code alone may say it.
    pub(crate) fn of_code(&self, tariff: Tariff) -> Result<Tariff> {
        let says = Customer::of_code(&tariff.code);
        let who = format!("the code {}", tariff.code);
        self.agreed(tariff, &who, says)
    }
}
