//! Checks of products: their tariffs and prices.

use super::faults::{Faults, Findings, Validate};
use super::payload::{ProductData, TariffData};
use std::collections::BTreeSet;

impl Validate for [ProductData] {
    fn findings(&self) -> Findings {
        let mut faults = Faults::default();
        if self.is_empty() {
            faults.add("0".to_owned(), "required", "There is no product to make.");
        }
        let (mut products, mut tariffs) = (BTreeSet::new(), BTreeSet::new());
        for (index, product) in self.iter().enumerate() {
            let at = |field: &str| format!("{index}.{field}");
            faults.needed(at("code"), &product.code);
            faults.needed(at("brand"), &product.brand);
            faults.needed(at("full_name"), &product.full_name);
            faults.needed(at("display_name"), &product.display_name);
            if !products.insert(product.code.as_str()) {
                faults.warn(at("code"), "unique", "Another product has this code.");
            }
            faults.date(at("available_from_date"), &product.available_from_date);
            faults.optional_date(at("available_to_date"), product.available_to_date.as_deref());
            faults.order(
                at("available_to_date"),
                &product.available_from_date,
                product.available_to_date.as_deref(),
            );
            if product.tariffs.is_empty() {
                faults.add(at("tariffs"), "required", "A product needs at least one tariff.");
            }
            for (number, tariff) in product.tariffs.iter().enumerate() {
                let place = at(&format!("tariffs.{number}"));
                if !tariffs.insert(tariff.tariff_code.as_str()) {
                    let words = "Another tariff has this code.";
                    faults.warn(format!("{place}.tariff_code"), "unique", words);
                }
                check_tariff(&mut faults, &place, tariff);
            }
        }
        faults.0
    }
}

fn check_tariff(faults: &mut Faults, place: &str, tariff: &TariffData) {
    let at = |field: &str| format!("{place}.{field}");
    faults.one_of(at("fuel"), &tariff.fuel, &["ELECTRICITY", "GAS"]);
    faults.needed(at("tariff_code"), &tariff.tariff_code);
    faults.needed(at("payment_method"), &tariff.payment_method);
    // The regions of Great Britain are _A to _P without _I and _O.
    match tariff.gsp.strip_prefix('_') {
        Some(letter) if letter.len() == 1 && "ABCDEFGHJKLMNP".contains(letter) => {}
        Some(letter) if !letter.is_empty() => {
            let words = format!("{} is none of the regions of Great Britain, _A to _P", tariff.gsp);
            faults.warn(at("gsp"), "unknown_choice", words);
        }
        _ => faults.add(at("gsp"), "invalid", format!("{} is not a region such as _A", tariff.gsp)),
    }
    let kinds = ["STANDARD", "ECONOMY7", "FLAT_ECONOMY7"];
    faults.shown(at("tariff_type"), tariff.tariff_type.as_deref(), &kinds);
    if tariff.unit_rates.is_empty() {
        faults.add(at("unit_rates"), "required", "A tariff needs at least one unit rate.");
    }
    let mut rates = BTreeSet::new();
    for (number, rate) in tariff.unit_rates.iter().enumerate() {
        let at = |field: &str| at(&format!("unit_rates.{number}.{field}"));
        faults.date(at("valid_from_date"), &rate.valid_from_date);
        let kinds = ["STANDARD", "ECO7_DAY", "ECO7_NIGHT"];
        faults.shown(at("rate_type"), rate.rate_type.as_deref(), &kinds);
        if !rates.insert((rate.rate_type.as_deref(), rate.valid_from_date.as_str())) {
            let words = "Another unit rate of this type is valid from the same date.";
            faults.warn(at("valid_from_date"), "unique", words);
        }
    }
    if tariff.standing_charges.is_empty() {
        faults.warn(at("standing_charges"), "missing", "The tariff has no standing charge.");
    }
    let mut charges = BTreeSet::new();
    for (number, charge) in tariff.standing_charges.iter().enumerate() {
        let attr = at(&format!("standing_charges.{number}.valid_from_date"));
        faults.date(attr.clone(), &charge.valid_from_date);
        if !charges.insert(charge.valid_from_date.as_str()) {
            faults.warn(attr, "unique", "Another standing charge is valid from the same date.");
        }
    }
}
