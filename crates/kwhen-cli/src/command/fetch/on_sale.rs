//! `kwhen fetch on-sale`

use super::access::{Access, ask};
use super::work::{Work, fill};
use crate::end::{End, Result};
use crate::face::Shared;
use clap::Args;
use kwhen::tariff::{Fuel, Region, RegisterKind, TariffCode};
use kwhen_app::context::Context;
use kwhen_app::source::on_sale::{Listing, told};
use kwhen_app::source::store;
use kwhen_app::words::{parse, parse_time};
use kwhen_fetch::rest;
use kwhen_fetch::store::{Store, SyncOptions};

#[derive(Args, Debug)]
pub(super) struct OnSaleArguments {
    /// The letter of the GSP region whose prices are fetched
    #[arg(long, value_parser = parse::<Region>, value_name = "LETTER")]
    region: Region,
    /// The day on which they are on sale; today if not said
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Those for businesses too
    #[arg(long)]
    business: bool,
    /// Those that not everybody may have too
    #[arg(long)]
    restricted: bool,
    /// Those that are paid in advance too
    #[arg(long)]
    prepay: bool,
    /// Tariffs of gas too
    #[arg(long = "gas")]
    is_gas_wanted: bool,
}

/// The products on sale on a day with their tariffs, and what those charge in a region on that day: all kept for `kwhen tariff on-sale`.
pub(super) fn fetch(
    access: &Access,
    arguments: &OnSaleArguments,
    ctx: &Context,
    shared: &Shared,
) -> Result<String> {
    let calendar = ctx.calendar()?;
    let asked = arguments.date.as_deref().map(|text| parse_time(ctx, text, "--date")).transpose()?;
    let date = calendar.date(asked.unwrap_or_else(|| ctx.now()));
    let day = calendar.day(date)?;
    // The moment is now, or the noon of another day.
    let at = if day.contains(ctx.now()) {
        ctx.now()
    } else {
        calendar.instant_of(date.and_time(chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default()))?
    };
    let client = access.client()?;
    let filter =
        |is_business| rest::ProductFilter { available_at: Some(at), is_business, ..Default::default() };
    let (mut listed, _) = ask(&client, rest::products(&filter(None)))?;
    if arguments.business {
        listed.extend(ask(&client, rest::products(&filter(Some(true))))?.0);
    }
    let named = listed.iter().map(|product| product.code.clone()).collect();
    listed.retain(|product| {
        (arguments.restricted || product.is_restricted != Some(true))
            && (arguments.prepay || product.is_prepay != Some(true))
    });
    if listed.is_empty() {
        return Err(End::work(format!("the service names no product that is on sale on {date}")));
    }
    let mut details = Vec::with_capacity(listed.len());
    for product in &listed {
        let (detail, _) = ask(&client, rest::product(&product.code, Some(at)))?;
        details.push(told(product, detail)?);
    }
    let store = store::to_fill(ctx)?;
    let mut tariffs: Vec<TariffCode> = Vec::new();
    for detail in &details {
        let json = serde_json::to_string(detail).map_err(|error| End::work(error.to_string()))?;
        store.keep_document(Store::PRODUCT, &detail.code, &json, ctx.now().timestamp())?;
        let codes = detail.tariffs()?.into_iter().filter_map(|(_, _, _, tariff)| tariff.code);
        tariffs.extend(codes.filter_map(|code| code.parse().ok()));
    }
    tariffs.retain(|code| {
        code.region() == arguments.region
            && (arguments.is_gas_wanted || code.fuel() != Some(Fuel::Gas))
            && !matches!(code.registers(), Some(RegisterKind::Other(_)))
    });
    tariffs.sort();
    tariffs.dedup();
    let listing = Listing {
        at: kwhen::time::instant_text(at),
        products: details.iter().map(|detail| detail.code.clone()).collect(),
        named,
    };
    listing.keep(&store, date, ctx.now())?;
    let mut work = Work::default();
    work.add_tariffs(&store, &tariffs, &SyncOptions::new(day.from(), day.to(), ctx.now()))?;
    fill(access, &store, work, ctx, shared, shared.palette())
}
