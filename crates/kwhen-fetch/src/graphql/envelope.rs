//! What is around every GraphQL answer: data, errors, and errors inside the data.

use crate::catalogue::Catalogue;
use crate::protocol::Response;
use crate::wire::{Extra, Raw};
use crate::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Envelope {
    data: Option<Extra>,
    #[serde(default)]
    errors: Option<Vec<Value>>,
}

/// All data of an answer without errors.
pub(super) fn data(response: &Response) -> Result<Extra> {
    let envelope: Envelope = response.json()?;
    if let Some(errors) = envelope.errors.filter(|errors| !errors.is_empty()) {
        return Err(typed(&errors));
    }
    let data = envelope.data.ok_or_else(|| Error::malformed("an answer with neither data nor errors"))?;
    for (name, raw) in &data {
        let named = |error: Error| error.in_request(format!("graphql {name}"));
        let errors = possible_errors(raw).map_err(named)?;
        if !errors.is_empty() {
            return Err(named(typed(&errors)));
        }
    }
    Ok(data)
}

/// One field of the data, which must be there and not null.
pub(super) fn field(response: &Response, name: &str) -> Result<Raw> {
    let raw = data(response)?.remove(name).filter(|raw| raw.get() != "null");
    raw.ok_or_else(|| Error::not_found(format!("the answer has no {name}")))
}

/// An answer that is not 2xx but has GraphQL errors all the same.
pub(super) fn refused(response: &Response) -> Option<Error> {
    let envelope: Envelope = serde_json::from_slice(&response.body).ok()?;
    envelope.errors.filter(|errors| !errors.is_empty()).map(|errors| typed(&errors))
}

/// The `possibleErrors` of a mutation's payload.
fn possible_errors(raw: &Raw) -> Result<Vec<Value>> {
    let fields: Value = raw.read()?;
    match fields.get("possibleErrors") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(errors)) => Ok(errors.clone()),
        Some(other) => {
            let text = crate::error::excerpt(&other.to_string());
            Err(Error::malformed(format!("possibleErrors is no list: {text}")))
        }
    }
}

/// Errors by their codes; the first code that says something decides.
fn typed(errors: &[Value]) -> Error {
    let codes: Vec<String> = errors.iter().filter_map(code).collect();
    let message = errors.iter().filter_map(message).collect::<Vec<_>>().join("; ");
    let message = if message.is_empty() { "an error without words".to_owned() } else { message };
    let kind: fn(String) -> Error = codes.iter().find_map(|code| by_code(code)).unwrap_or(Error::graphql);
    kind(format!("{message}{}", in_words(&codes, &message))).with_codes(codes)
}

/// What the documentation says of codes, where the message does not say it already, and what can be done about the limits.
fn in_words(codes: &[String], message: &str) -> String {
    let catalogue = Catalogue::documented().ok();
    let plain = |text: &str| text.trim_end_matches('.').to_ascii_lowercase();
    let said = |code: &String| {
        let words = catalogue.and_then(|catalogue| catalogue.error(code))?;
        (!plain(message).contains(&plain(words))).then(|| format!("; documented as: {words}"))
    };
    let advice = codes.iter().find_map(|code| {
        Some(match code.as_str() {
            "KT-CT-1113" => "; the field is not there, or is switched off for this account or installation",
            "KT-CT-1188" => {
                "; too much is asked for at once: ask for fewer fields, or fewer of those inside others"
            }
            "KT-CT-1189" => "; too many rows are asked for at once: ask for fewer by first",
            "KT-CT-1199" => "; the points of this hour are used up: query rateLimit says when there are more",
            "KT-CT-1201" => "; a list inside the fields needs first, such as bills(first: 10)",
            _ => return None,
        })
    });
    codes.iter().filter_map(said).chain(advice.map(str::to_owned)).collect()
}

/// What a code means. Those of the documents are taken from their words ("Unauthorized."); 1124, 1139, 1143, 1188, 1189, 1199 and
/// 1201 are not in the documents but are seen in use.
fn by_code(code: &str) -> Option<fn(String) -> Error> {
    Some(match code {
        "KT-CT-1124" => Error::token_expired,
        "KT-CT-1111" | "KT-CT-1112" | "KT-CT-1120" | "KT-CT-1128" | "KT-CT-1129" | "KT-CT-1131"
        | "KT-CT-1132" | "KT-CT-1134" | "KT-CT-1135" | "KT-CT-1139" | "KT-CT-1143" | "KT-CT-3822"
        | "KT-CT-3824" | "KT-CT-3923" | "KT-CT-3924" | "KT-CT-3926" | "KT-CT-4023" | "KT-CT-4123"
        | "KT-CT-4125" | "KT-CT-4177" | "KT-CT-4185" | "KT-CT-4231" | "KT-CT-4501" | "KT-CT-4623"
        | "KT-CT-4922" | "KT-CT-6723" | "KT-CT-7023" | "KT-CT-7123" | "KT-CT-7223" | "KT-CT-8223" => {
            Error::unauthorised
        }
        "KT-CT-1113" => Error::disabled_field,
        "KT-CT-1150" | "KT-CT-1151" | "KT-CT-3815" | "KT-CT-3825" | "KT-CT-3930" | "KT-CT-4301"
        | "KT-CT-4313" | "KT-CT-4619" | "KT-CT-4719" | "KT-CT-6724" | "KT-CT-8002" | "KT-CT-9017"
        | "KT-CT-9018" | "KT-CT-9201" | "KT-CT-9603" | "KT-GB-3918" | "KT-GB-4012" | "KT-GB-4033"
        | "KT-GB-4612" | "KT-GB-4617" | "KT-GB-5110" | "KT-GB-5111" | "KT-GB-5114" | "KT-GB-6622"
        | "KT-GB-6623" => Error::not_found,
        "KT-CT-1199" => Error::rate_limited,
        "KT-CT-1188" | "KT-CT-1189" | "KT-CT-1201" | "KT-CT-4321" => Error::invalid,
        _ => return None,
    })
}

fn code(error: &Value) -> Option<String> {
    let inside = error.get("extensions").and_then(|extensions| extensions.get("errorCode"));
    inside.or_else(|| error.get("code")).and_then(Value::as_str).map(str::to_owned)
}

fn message(error: &Value) -> Option<String> {
    let extensions = error.get("extensions");
    let own = error.get("message").or_else(|| error.get("description")).and_then(Value::as_str);
    let more = extensions.and_then(|extensions| extensions.get("errorDescription")).and_then(Value::as_str);
    let text = match (own, more) {
        (Some(own), Some(more)) if own != more => format!("{own} ({more})"),
        (own, more) => own.or(more)?.to_owned(),
    };
    Some(crate::error::excerpt(&text))
}
