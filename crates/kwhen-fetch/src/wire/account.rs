//! Accounts, meter points, regions.

use super::rate::instant;
use super::{Number, wire};
use crate::Result;
use chrono::DateTime;
use kwhen::tariff::AgreementRow;

wire! {
    /// An account. The service's documents show it only in part; every client sees it so.
    Account {
        /// `A-12AB34CD`.
        number: String,
        /// The places it supplies.
        properties: Vec<Property>,
    }

    /// A place.
    Property {
        /// Its number.
        id: Option<i64>,
        /// When the customer moved in.
        moved_in_at: Option<String>,
        /// When the customer moved out.
        moved_out_at: Option<String>,
        /// Address.
        address_line_1: Option<String>,
        /// Address.
        postcode: Option<String>,
        /// Its electricity.
        electricity_meter_points: Vec<ElectricityMeterPoint>,
        /// Its gas.
        gas_meter_points: Vec<GasMeterPoint>,
    }

    /// Where electricity enters or leaves.
    ElectricityMeterPoint {
        /// 13 digits.
        mpan: String,
        /// 1 to 8; 0 for half-hourly settled.
        profile_class: Option<i64>,
        /// The expected consumption in kWh a year.
        consumption_standard: Option<Number>,
        /// Its meters; of several, often only one has data.
        meters: Vec<Meter>,
        /// Its tariffs over time.
        agreements: Vec<WireAgreement>,
        /// Whether it counts what is fed in.
        is_export: Option<bool>,
    }

    /// Where gas enters.
    GasMeterPoint {
        /// 6 to 10 digits.
        mprn: String,
        /// The expected consumption in kWh a year.
        consumption_standard: Option<Number>,
        /// Its meters.
        meters: Vec<Meter>,
        /// Its tariffs over time.
        agreements: Vec<WireAgreement>,
    }

    /// A meter.
    Meter {
        /// What is printed on it; some accounts have meters without.
        serial_number: Option<String>,
        /// Its counters.
        registers: Vec<Register>,
    }

    /// A counter.
    Register {
        /// `1`.
        identifier: Option<String>,
        /// `STANDARD`, `DAY`, `NIGHT`, …
        rate: Option<String>,
        /// Whether bills are made from it.
        is_settlement_register: Option<bool>,
    }

    /// A tariff over a time.
    WireAgreement {
        /// `E-1R-AGILE-24-10-01-C`; old and business agreements have codes of other forms.
        tariff_code: Option<String>,
        /// From when.
        valid_from: Option<String>,
        /// Until when; none until further notice.
        valid_to: Option<String>,
    }

    /// What the public lookup says of an electricity meter point.
    MeterPoint {
        /// The region, `_H`.
        gsp: Option<String>,
        /// 13 digits.
        mpan: String,
        /// 1 to 8; 0 for half-hourly settled.
        profile_class: Option<i64>,
    }

    /// A region.
    GridSupplyPoint {
        /// `_A`.
        group_id: String,
    }
}

impl ElectricityMeterPoint {
    /// Its agreements as rows for [`kwhen::tariff::Agreements::from_rows`], numbered from 1.
    pub fn agreement_rows(&self) -> Result<Vec<AgreementRow>> {
        agreement_rows(&self.agreements)
    }
}

impl GasMeterPoint {
    /// Its agreements as rows for [`kwhen::tariff::Agreements::from_rows`], numbered from 1.
    pub fn agreement_rows(&self) -> Result<Vec<AgreementRow>> {
        agreement_rows(&self.agreements)
    }
}

fn agreement_rows(agreements: &[WireAgreement]) -> Result<Vec<AgreementRow>> {
    let row = |(row, agreement): (u64, &WireAgreement)| {
        Ok(AgreementRow {
            row,
            tariff: agreement.tariff_code.clone().unwrap_or_default(),
            valid_from: instant(agreement.valid_from.as_deref())?.unwrap_or(DateTime::UNIX_EPOCH),
            valid_to: instant(agreement.valid_to.as_deref())?,
        })
    };
    (1..).zip(agreements).map(row).collect()
}
