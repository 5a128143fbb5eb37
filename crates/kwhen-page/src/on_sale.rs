//! The tariffs on sale, as a page of text and as rows.

use super::Page;
use super::csv::Csv;
use super::number::rate;
use super::style::{FAINT, Palette, TITLE};
use super::table::{Align, Table};
use kwhen::time::{Calendar, instant_text};
use kwhen_app::answer::on_sale::{OnSale, OnSaleTariff, PriceKind};

impl Page for OnSale {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        if self.codes_alone {
            return self.tariffs.iter().map(|tariff| format!("{}\n", tariff.code)).collect();
        }
        let title =
            format!("On sale on {} in {} (region {})", self.on_sale_on, self.region_name, self.region);
        let mut page = format!("{}\n", palette.paint(TITLE, &title));
        if let Some(at) = self.listed_at {
            let asked = format!("which products: asked {}", calendar.local(at).format("%Y-%m-%d %H:%M"));
            page.push_str(&format!("{}\n", palette.paint(FAINT, &asked)));
        }
        page.push('\n');
        let mut table = Table::new(&[
            ("code", Align::Left),
            ("name", Align::Left),
            ("prices of", Align::Left),
            ("p/kWh exc VAT", Align::Left),
            ("p/day", Align::Right),
            ("sold until", Align::Left),
        ]);
        for tariff in &self.tariffs {
            let until = tariff.sold_until.map(|at| calendar.local(at).date().to_string()).unwrap_or_default();
            table.row([
                tariff.code.clone().into(),
                tariff.name.clone().into(),
                tariff.prices_of.clone().into(),
                rates(tariff).into(),
                tariff
                    .standing_charge_exc_vat
                    .map(|charge| format!("{charge:.2}"))
                    .unwrap_or_default()
                    .into(),
                until.into(),
            ]);
        }
        page.push_str(&table.render(palette));
        for notice in &self.notices {
            page.push_str(&format!("Note: {notice}.\n"));
        }
        page
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&[
            "code",
            "product",
            "name",
            "fuel",
            "direction",
            "prices",
            "prices_of",
            "unit_rates",
            "standing_charge_exc_vat",
            "sold_from",
            "sold_until",
            "term_months",
            "exit_fees",
        ]);
        let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
        for tariff in &self.tariffs {
            csv.row(&[
                tariff.code.clone(),
                tariff.product.clone(),
                tariff.name.clone(),
                name(&tariff.fuel),
                name(&tariff.direction),
                kind(tariff.prices).to_owned(),
                tariff.prices_of.clone(),
                rates(tariff),
                tariff.standing_charge_exc_vat.map(|charge| charge.to_string()).unwrap_or_default(),
                tariff.sold_from.map(instant_text).unwrap_or_default(),
                tariff.sold_until.map(instant_text).unwrap_or_default(),
                tariff.term_months.map(|months| months.to_string()).unwrap_or_default(),
                tariff.exit_fees.clone().unwrap_or_default(),
            ]);
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.notices.clone()
    }
}

const fn kind(kind: PriceKind) -> &'static str {
    match kind {
        PriceKind::Flat => "flat",
        PriceKind::TimesOfDay => "times_of_day",
        PriceKind::Registers => "registers",
        PriceKind::HalfHourly => "half_hourly",
        PriceKind::NotKnown => "not_known",
    }
}

fn rates(tariff: &OnSaleTariff) -> String {
    let one = |one: &kwhen_app::answer::on_sale::OnSaleRate| match one.when.as_str() {
        "" => rate(one.minor_per_kwh),
        when => format!("{} {when}", rate(one.minor_per_kwh)),
    };
    tariff.unit_rates.iter().map(one).collect::<Vec<_>>().join("; ")
}
