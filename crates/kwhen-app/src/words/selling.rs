//! To whom tariffs are sold, as a flag says it beside codes, products and definitions.

use crate::context::{Context, Flag};
use crate::failure::{Failure, Result};
use clap::{Args, ValueEnum};
use kwhen::quantity::Currency;
use kwhen::tariff::{Country, Customer, Direction, Tariff, Taxes, VatRate};
use kwhen::time::Calendar;
use std::path::{Path, PathBuf};

/// Under which head help names these flags.
const TAX: &str = "Tax, currency and market";

/// To whom tariffs are sold.
#[derive(Args, Clone, Debug, Default)]
pub struct Selling {
    /// To whom the tariffs are sold, where neither their codes, products nor prices say it
    #[arg(long, help_heading = TAX, value_enum, value_name = "WHO")]
    customer: Option<SoldTo>,
    /// What prices are in, where the tariff does not say it: an ISO 4217 code such as EUR; else that of the country that goes by the clock
    #[arg(long, help_heading = TAX, value_name = "CODE", value_parser = parse_currency)]
    currency: Option<Currency>,
    /// The tax on the energy, where the tariff does not say it and no table knows it: 21% or none
    #[arg(long, help_heading = TAX, value_name = "PERCENT", value_parser = parse_tax)]
    tax: Option<VatRate>,
    #[command(flatten)]
    market: Market,
}

/// The prices that tariffs of the market are made from.
#[derive(Args, Clone, Debug, Default)]
pub struct Market {
    /// The market's prices that tariffs with spot, refund or fixed_price go by: JSON or CSV, in the tariff's minor unit without tax
    #[arg(long, help_heading = TAX, value_name = "FILE")]
    spot: Option<PathBuf>,
}

fn parse_currency(text: &str) -> std::result::Result<Currency, String> {
    text.parse().map_err(|error: kwhen::Error| error.to_string())
}

fn parse_tax(text: &str) -> std::result::Result<VatRate, String> {
    text.parse().map_err(|error: kwhen::Error| error.to_string())
}

/// What prices are in that do not say it: the currency of the country that goes by a clock, where that is known.
#[must_use]
pub fn currency_of(calendar: &Calendar) -> Currency {
    Country::of_clock(calendar).map_or(Currency::NONE, Country::currency)
}

/// What a definition says itself of its money.
#[derive(Clone, Copy, Debug)]
pub struct SaidOfMoney {
    /// Its currency.
    pub currency: Option<Currency>,
    /// Whether it says its tax.
    pub tax: bool,
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

    /// The file of --spot, if it is given.
    pub fn spot(&self) -> Option<&Path> {
        self.market.spot.as_deref()
    }

    /// Of tariffs that say all else themselves.
    #[must_use]
    pub fn in_market(market: &Market) -> Self {
        Self { market: market.clone(), ..Self::default() }
    }

    /// In the currency and under the tax that the flags say, or those of the country that goes by the clock.
    pub fn placed(&self, tariff: Tariff, calendar: &Calendar) -> Tariff {
        let country = Country::of_clock(calendar);
        tariff.placed(calendar, self.currency, self.tax.map(|rate| Taxes::flat(rate, country)))
    }

    /// Beside a definition that says something of its money itself: what the file of defaults says of it is not asked then.
    #[must_use]
    pub fn beside(&self, ctx: &Context, own: SaidOfMoney) -> Self {
        let mut selling = self.clone();
        if own.tax && ctx.is_default("tax") {
            selling.tax = None;
        }
        if own.currency.is_some() && ctx.is_default("currency") {
            selling.currency = None;
        }
        selling
    }

    /// The same for a definition, which may say them itself: an error where a flag says another currency, or another tax.
    pub fn defined(
        &self,
        mut tariff: Tariff,
        who: &str,
        own: SaidOfMoney,
        calendar: &Calendar,
    ) -> Result<Tariff> {
        if let Some(flag) = self.currency {
            if let Some(own) = own.currency {
                own.same(flag, who, "--currency")?;
            }
            if let Taxes::Country(country) = tariff.taxes
                && country.currency() != flag
            {
                tariff.taxes = Taxes::Unknown;
            }
            tariff.currency = flag;
        }
        if let Some(rate) = self.tax {
            if own.tax {
                return Err(Failure::usage(format!(
                    "{who} says its tax itself; --tax is for tariffs that do not"
                )));
            }
            tariff.taxes = Taxes::flat(rate, Country::of_clock(calendar));
        }
        Ok(tariff)
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
