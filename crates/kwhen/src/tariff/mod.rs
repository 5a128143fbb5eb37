//! Tariffs: codes, regions, unit rates of every kind, taxes on them, and agreements over time.

mod agile;
mod agreed;
mod agreement;
mod allowance;
mod classes;
mod clock;
mod code;
mod component;
mod conditions;
mod counts;
mod customer;
mod definition;
mod device_rates;
mod direction;
mod dispatch;
mod file;
mod gas;
mod identifier;
mod import;
mod levy;
mod netting;
mod planned;
mod region;
mod register;
mod schedule;
mod spot;
mod tax;
mod unit_rates;
mod vat;

pub use agile::{AgileFormula, AgilePrice, Sureness, WholesaleRange};
pub use agreement::{Agreement, AgreementRow, Agreements};
pub(crate) use allowance::check_lengths;
pub use allowance::{Allowance, Allowed, DispatchCount};
pub use classes::DayClasses;
pub use clock::Clock;
pub(crate) use clock::DayOfClock;
pub use code::{ProductCode, RegisterKind, TariffCode};
pub use component::{
    CapacityCharge, CapacityPrice, Charge, Component, ComponentKind, ComponentTax, Every, Hours, Portion,
    Scale,
};
pub(crate) use component::{month_label, months as component_months};
pub use conditions::{Conditions, Need};
pub use counts::Counts;
pub use definition::Tariff;
pub use device_rates::DeviceRates;
pub use dispatch::{DispatchPrices, overlay_dispatches};
pub use file::{TariffDefinition, kraken_products};
pub use gas::{CalorificValue, CalorificValues, GasConversion, GasStep, GasTerms, GasUnit};
pub use identifier::{AccountNumber, Mpan, Mprn};
pub use import::{Imported, Wanted, import};
pub use levy::Levy;
pub use netting::Netting;
pub use planned::PlanRates;
pub use region::Region;
pub use register::{Advance, RegisterReading, advances};
pub(crate) use schedule::DayPart;
pub use schedule::{MonthsOfYear, Schedule, ScheduleBand, SchedulePiece, Weekdays};
pub use spot::{SpotSupport, SpotTerms};
pub use tax::{Country, Taxes};
pub use unit_rates::{NightHours, UnitRates};
pub use vat::{Customer, Direction, Fuel, VatRate, VatTable};
