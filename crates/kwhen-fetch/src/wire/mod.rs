//! The service's payloads.
//!
//! Every type keeps the fields that it does not know in `extra`, and every enumeration the values that it does not know, so that a
//! payload that has grown is neither an error nor cut down. Numbers keep their digits ([`Number`]).

mod account;
mod consumption;
mod number;
pub(crate) mod object;
mod page;
mod partner;
mod product;
mod quote;
mod rate;

pub use account::{
    Account, ElectricityMeterPoint, GasMeterPoint, GridSupplyPoint, Meter, MeterPoint, Property, Register,
    WireAgreement,
};
pub use consumption::{Reading, readings_to_rows};
pub use number::Number;
pub(crate) use object::wire;
pub use object::{Extra, Raw};
pub use page::Page;
pub use partner::{
    AccountCreated, AccountRequest, Address, BespokeRates, Business, NewMeterPoint, Payment, Renewal,
    RenewalAgreement, User,
};
pub use product::{
    Link, Product, ProductDetail, SampleConsumption, SampleQuote, Tariff, TariffsByPaymentMethod,
    TariffsByRegion,
};
pub use quote::{Quote, QuoteMeterPoint, QuoteRequest, QuotedProduct, TariffInformationLabel};
pub use rate::{Rate, rates_to_rows, standing_charges_to_rows};
