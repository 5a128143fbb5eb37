//! To whom tariffs are sold, as a flag says it beside codes, products and definitions.

use crate::context::{Context, Flag};
use crate::failure::Result;
use clap::{Args, ValueEnum};
use kwhen::tariff::{Customer, Direction, Tariff};

/// To whom tariffs are sold.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Selling {
    /// To whom the tariffs are sold, where neither their codes, products nor prices say it
    #[arg(long, value_enum, value_name = "WHO")]
    customer: Option<SoldTo>,
}

/// A home or a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SoldTo {
    /// A home
    Domestic,
    /// A business
    Business,
}

impl SoldTo {
    /// As the engine takes it.
    pub const fn customer(self) -> Customer {
        match self {
            Self::Domestic => Customer::Domestic,
            Self::Business => Customer::Business,
        }
    }
}

impl Selling {
    /// As the engine takes it.
    pub fn customer(&self) -> Option<Customer> {
        self.customer.map(SoldTo::customer)
    }

    /// Says that a tariff bears VAT by whom it is sold to.
    pub fn concerns(&self, ctx: &Context, tariff: &Tariff) {
        if tariff.direction == Direction::Import {
            ctx.used(&[Flag::Customer]);
        }
    }

    /// A tariff sold as the flag says; an error that names both where `who` says otherwise.
    pub fn agreed(&self, ctx: &Context, tariff: Tariff, who: &str, says: Option<Customer>) -> Result<Tariff> {
        self.concerns(ctx, &tariff);
        match Customer::agreed(&[(who, says), ("--customer", self.customer())])? {
            None => Ok(tariff),
            said => Ok(tariff.sold_to(said)),
        }
    }

    /// Likewise for one whose code alone may say it.
    pub fn of_code(&self, ctx: &Context, tariff: Tariff) -> Result<Tariff> {
        let says = Customer::of_code(&tariff.code);
        let who = format!("the code {}", tariff.code);
        self.agreed(ctx, tariff, &who, says)
    }
}
