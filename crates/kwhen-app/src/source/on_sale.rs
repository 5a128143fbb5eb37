//! Products and their tariffs as the service tells of them, from files and from the store; and the tariffs of a list of those on sale.

use super::{Source, store};
use crate::context::Context;
use crate::failure::{Failure, Result};
use chrono::{DateTime, NaiveDate, Utc};
use kwhen::tariff::TariffDefinition;
use kwhen_fetch::store::Store;
use kwhen_fetch::wire::{Product, ProductDetail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which products were on sale, as the store keeps it by the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The moment for which it was asked, as a text.
    pub at: String,
    /// The products whose tariffs were kept, by their codes.
    pub products: Vec<String>,
    /// All products that were named, those that not everybody may have too.
    pub named: Vec<String>,
}

impl Listing {
    /// Keeps it.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn keep(&self, store: &Store, day: NaiveDate, now: DateTime<Utc>) -> Result<()> {
        let json = serde_json::to_string(self).map_err(|error| Failure::work(error.to_string()))?;
        Ok(store.keep_document(Store::ON_SALE, &day.to_string(), &json, now.timestamp())?)
    }

    /// The newest of a day or before it, and its day.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn newest(store: &Store, until: NaiveDate) -> Result<Option<(NaiveDate, Self)>> {
        let days = store.documents(Store::ON_SALE)?;
        let newest = days.iter().filter_map(|day| day.parse::<NaiveDate>().ok()).filter(|day| *day <= until);
        let Some(day) = newest.max() else { return Ok(None) };
        let Some((json, _)) = store.document(Store::ON_SALE, &day.to_string())? else { return Ok(None) };
        let listing = serde_json::from_str(&json).map_err(|error| {
            Failure::work(format!("the stored list of products on sale on {day}: {error}"))
        })?;
        Ok(Some((day, listing)))
    }
}

/// A product with the direction that the list of products says.
///
/// # Errors
/// The direction cannot be written.
pub fn told(listed: &Product, mut detail: ProductDetail) -> Result<ProductDetail> {
    if let Some(direction) = &listed.direction {
        detail.extra.insert("direction".to_owned(), kwhen_fetch::wire::Raw::of(direction)?);
    }
    Ok(detail)
}

/// The products of a file: what the service answers to `/v1/products/CODE/`, one or a list of them.
///
/// # Errors
/// It is no such file; a list of products without their tariffs is named as that.
pub fn products(source: &Source<'_>) -> Result<Vec<ProductDetail>> {
    let name = source.name();
    let value: Value = serde_json::from_slice(source.bytes()).map_err(|error| {
        Failure::work(format!(
            "{name}: holds no products: {error}; give what the service answers to /v1/products/CODE/"
        ))
    })?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut fields) => match fields.remove("results") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(fields)],
        },
        _ => return Err(Failure::work(format!("{name}: holds no products, but a bare value"))),
    };
    let read = |(place, value): (usize, Value)| {
        let row = place + 1;
        let has_tariffs =
            value.as_object().is_some_and(|fields| fields.keys().any(|key| key.ends_with("_tariffs")));
        if !has_tariffs {
            return Err(Failure::work(format!(
                "{name}: row {row}: a product without its tariffs; give what the service answers to /v1/products/CODE/, or fetch them (kwhen fetch on-sale)"
            )));
        }
        serde_json::from_value(value).map_err(|error| Failure::work(format!("{name}: row {row}: {error}")))
    };
    let products = list.into_iter().enumerate().map(read).collect::<Result<Vec<_>>>()?;
    if products.is_empty() {
        return Err(Failure::work(format!("{name}: holds no products")));
    }
    Ok(products)
}

/// The products that the store holds as on sale on a day, and when it was asked which they are.
///
/// # Errors
/// There is no store, or nothing of that kind in it.
pub fn stored(ctx: &Context, day: NaiveDate) -> Result<(NaiveDate, Listing, Vec<ProductDetail>)> {
    let store = store::existing(ctx)?;
    let (listed, listing) = Listing::newest(store, day)?.ok_or_else(|| {
        Failure::work(format!(
            "the store does not know which products were on sale on {day}: kwhen fetch on-sale asks for that, or name a file of products"
        ))
    })?;
    let product = |code: &String| {
        store.product(code)?.ok_or_else(|| {
            Failure::work(format!("the store holds no product {code}: kwhen fetch on-sale brings it"))
        })
    };
    let products = listing.products.iter().map(product).collect::<Result<_>>()?;
    Ok((listed, listing, products))
}

/// A list of tariffs on sale, as `kwhen tariff on-sale --format json` writes it.
#[derive(Deserialize)]
pub struct Offered {
    /// The day.
    #[serde(rename = "on_sale_on")]
    _day: String,
    tariffs: Vec<OfferedTariff>,
}

#[derive(Deserialize)]
struct OfferedTariff {
    code: String,
    definition: Option<Map<String, Value>>,
}

/// What a tariff of such a list is read from.
pub enum Offer {
    /// Its own definition.
    Defined(Box<TariffDefinition>),
    /// The store, by its code.
    Stored(String),
}

impl Offered {
    /// The list that a file holds, if it is one.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(bytes).ok()).flatten()
    }

    /// Its tariffs. An error for none, and for a definition that cannot be read.
    ///
    /// # Errors
    /// As said.
    pub fn offers(self, name: &str) -> Result<Vec<Offer>> {
        if self.tariffs.is_empty() {
            return Err(Failure::work(format!("{name}: lists no tariff")));
        }
        let offer = |tariff: OfferedTariff| match tariff.definition {
            None => Ok(Offer::Stored(tariff.code)),
            Some(fields) => serde_json::from_value(Value::Object(fields))
                .map(|definition| Offer::Defined(Box::new(definition)))
                .map_err(|error| Failure::work(format!("{name}: {}: {error}", tariff.code))),
        };
        self.tariffs.into_iter().map(offer).collect()
    }
}
