//! JSON as the API gives it, or as a program saved it.

use super::wanted::Wanted;
use crate::error::{Error, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The rows of pages, of arrays, of a list within an object, or objects that are rows themselves; each value still as text.
pub(crate) struct Rows<'a> {
    rows: Vec<Row<'a>>,
    pages: Vec<Page<'a>>,
}

/// One row: fields by name, each still as text, so that numbers keep their digits.
pub(crate) struct Row<'a> {
    pub(super) number: u64,
    fields: Fields<'a>,
}

/// What a page says of itself.
struct Page<'a> {
    count: Option<usize>,
    /// `None` where it does not say.
    is_first: Option<bool>,
    is_last: Option<bool>,
    held: usize,
    /// Where its neighbours are, as text.
    neighbours: Vec<&'a str>,
}

/// How deep a list of rows may lie in an object.
const DEEPEST: usize = 8;

impl<'a> Rows<'a> {
    pub(super) fn read(bytes: &'a [u8], wanted: &Wanted) -> Result<Self> {
        let mut rows = Self { rows: Vec::new(), pages: Vec::new() };
        for document in serde_json::Deserializer::from_slice(bytes).into_iter::<&RawValue>() {
            rows.add(document.map_err(|error| broken(&error))?, wanted)?;
        }
        if rows.rows.is_empty() {
            return Err(Error::missing(format!(
                "holds no rows: no {} are in it{}",
                wanted.rows, wanted.none
            )));
        }
        Ok(rows)
    }

    fn add(&mut self, document: &'a RawValue, wanted: &Wanted) -> Result<()> {
        if document.get().starts_with('[') {
            return self.add_list(document, true);
        }
        let not_rows =
            || Error::syntax(format!("is not {}, nor a list of them, nor a page of results", wanted.rows));
        let object: Fields<'_> =
            serde_json::from_str(document.get()).map_err(|_| not_rows().with_value(document.get()))?;
        object.check(None)?;
        if object.get("results").is_some_and(is_list) {
            return self.add_page(&object);
        }
        let mut named =
            object.0.iter().filter(|(name, value)| wanted.lists.contains(&&**name) && is_list(value));
        if let (Some((_, list)), None) = (named.next(), named.next()) {
            return self.add_list(list, false);
        }
        if object.0.iter().any(|(name, _)| wanted.knows(name)) {
            return self.add_row(document);
        }
        if let Some(complaint) = object.get("detail").or_else(|| object.get("errors")) {
            return Err(not_rows().with_value(complaint.get()).in_field("the service's answer"));
        }
        let mut found = Vec::new();
        lists(&object, DEEPEST, &mut found)?;
        let mut meant = found.iter().filter(|(name, _)| wanted.lists.contains(&name.as_str()));
        match (meant.next(), meant.next(), found.as_slice()) {
            (Some((_, list)), None, _) => self.add_list(list, false),
            (None, _, [(name, list)]) => match wanted.unlike.iter().find(|(unlike, _)| unlike == name) {
                Some((_, why)) => Err(Error::missing(*why).in_field(name)),
                None => self.add_list(list, false),
            },
            (_, _, []) => Err(not_rows().with_value(document.get())),
            (..) => {
                let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                Err(Error::syntax(format!("holds several lists and does not say which are {}", wanted.rows))
                    .with_value(names.join(", ")))
            }
        }
    }

    /// Adds an array of rows or, where that may be, an array of pages.
    fn add_list(&mut self, list: &'a RawValue, may_hold_pages: bool) -> Result<()> {
        let items: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|error| broken(&error))?;
        let page = |item: &&'a RawValue| {
            let object: Fields<'_> = serde_json::from_str(item.get()).ok()?;
            object.get("results").is_some_and(is_list).then_some(object)
        };
        match items.first().filter(|_| may_hold_pages).and_then(page) {
            None => items.into_iter().try_for_each(|item| self.add_row(item)),
            Some(_) => items.iter().try_for_each(|item| {
                let object = page(item)
                    .ok_or_else(|| Error::syntax("is not a page among pages").with_value(item.get()))?;
                object.check(None)?;
                self.add_page(&object)
            }),
        }
    }

    fn add_page(&mut self, page: &Fields<'a>) -> Result<()> {
        let before = self.rows.len();
        if let Some(results) = page.get("results") {
            self.add_list(results, false)?;
        }
        let side = |name: &str| page.get(name).map(RawValue::get);
        let count = page.get("count").map(RawValue::get).filter(|count| *count != NULL);
        let count = count.map(|count| {
            count
                .parse()
                .map_err(|_| Error::syntax("is no number of rows").with_value(count).in_field("count"))
        });
        self.pages.push(Page {
            count: count.transpose()?,
            is_first: side("previous").map(|address| address == NULL),
            is_last: side("next").map(|address| address == NULL),
            held: self.rows.len() - before,
            neighbours: [side("previous"), side("next")].into_iter().flatten().collect(),
        });
        Ok(())
    }

    fn add_row(&mut self, row: &'a RawValue) -> Result<()> {
        let number = self.rows.len() as u64 + 1;
        let fields: Fields<'_> = serde_json::from_str(row.get()).map_err(|_| {
            Error::syntax("is not an object with fields").with_value(row.get()).in_row(number)
        })?;
        fields.check(Some(number))?;
        self.rows.push(Row { number, fields });
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row<'a>> + '_ {
        self.rows.iter()
    }

    /// Whether an address of a page's neighbours has this in it.
    pub(super) fn addresses_hold(&self, part: &str) -> bool {
        self.pages.iter().flat_map(|page| &page.neighbours).any(|address| address.contains(part))
    }

    /// How many rows are held, and how many more there are by the pages' own words: 0 where they say that there are more and not how
    /// many. Pages of one query say one count, whatever order they come in.
    pub(super) fn held_and_missing(&self) -> Option<(usize, usize)> {
        let mut missing = 0;
        let mut counts: Vec<Option<usize>> = self.pages.iter().map(|page| page.count).collect();
        counts.sort_unstable();
        counts.dedup();
        let mut more = false;
        for count in counts {
            let pages = || self.pages.iter().filter(|page| page.count == count);
            let of =
                |is: fn(&Page<'_>) -> Option<bool>| pages().filter(|page| is(page) == Some(true)).count();
            let queries = of(|page| page.is_first).max(of(|page| page.is_last)).max(1);
            match count {
                Some(count) => {
                    let held: usize = pages().map(|page| page.held).sum();
                    missing += count.saturating_mul(queries).saturating_sub(held);
                }
                None => {
                    let going_on = pages().filter(|page| page.is_last == Some(false)).count();
                    let followed = pages().filter(|page| page.is_first == Some(false)).count();
                    more |= going_on > followed;
                }
            }
        }
        (missing > 0 || more).then_some((self.rows.len(), missing))
    }
}

const NULL: &str = "null";

fn is_list(value: &RawValue) -> bool {
    value.get().starts_with('[')
}

/// The lists within an object, each with the name it lies under.
fn lists<'a>(object: &Fields<'a>, depth: usize, found: &mut Vec<(String, &'a RawValue)>) -> Result<()> {
    for (name, value) in &object.0 {
        if is_list(value) {
            found.push((name.clone().into_owned(), value));
        } else if depth > 0 && value.get().starts_with('{') {
            let inner: Fields<'_> = serde_json::from_str(value.get()).map_err(|error| broken(&error))?;
            inner.check(None)?;
            lists(&inner, depth - 1, found)?;
        }
    }
    Ok(())
}

fn broken(error: &serde_json::Error) -> Error {
    Error::syntax(format!("is not whole JSON: {error}"))
}

impl Row<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some()
    }

    /// A field's text: a string's content, a number's digits; `None` for null. Other kinds are errors.
    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'_, str>>> {
        self.fields.text(name)
    }

    /// The text of a field of an object in this row.
    pub(super) fn text_within(&self, object: &str, name: &str) -> Result<Option<String>> {
        let Some(value) = self.fields.get(object).filter(|value| value.get().starts_with('{')) else {
            return Ok(None);
        };
        let inner: Fields<'_> = serde_json::from_str(value.get()).map_err(|error| broken(&error))?;
        inner.check(Some(self.number))?;
        Ok(inner.text(name)?.map(Cow::into_owned))
    }
}

/// The fields of an object in their order; names in lower case.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.get().as_bytes().first() {
            Some(b'n') => Ok(None),
            Some(b'"') => {
                let text =
                    serde_json::from_str(value.get()).map_err(|error| broken(&error).in_field(name))?;
                Ok(Some(Cow::Owned(text)))
            }
            Some(b'-' | b'0'..=b'9') => Ok(Some(Cow::Borrowed(value.get()))),
            _ => Err(Error::syntax("is neither a number nor text").with_value(value.get()).in_field(name)),
        }
    }

    /// Refuses an object that has one key twice.
    fn check(&self, row: Option<u64>) -> Result<()> {
        let mut sorted: Vec<&(Cow<'_, str>, &RawValue)> = self.0.iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
        let repeated = sorted.windows(2).find_map(|pair| match pair {
            [(name, first), (next, second)] if name == next => Some((name, first, second)),
            _ => None,
        });
        let Some((name, first, second)) = repeated else { return Ok(()) };
        let error = Error::conflict("the object has this key twice; keep one of the two")
            .with_value(format!("{} and {}", first.get(), second.get()))
            .in_field(name.as_ref());
        Err(match row {
            Some(row) => error.in_row(row),
            None => error,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(6);
                while let Some(Name(name)) = map.next_key()? {
                    let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                        Cow::Owned(name.to_ascii_lowercase())
                    } else {
                        name
                    };
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
