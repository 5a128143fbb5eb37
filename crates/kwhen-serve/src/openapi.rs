//! What is where, as OpenAPI 3.1: made from the same types as the answers and the same description of flags as the command.

use crate::ocpp::{KEYS, Profile};
use crate::problem::Problem;
use crate::wire::{EvccRate, Saying};
use kwhen_agent::command::HEARD;
use kwhen_app::answer::published::{
    Cost, Data, Dispatches, NamedDevice, Plan, Rates, Reply, Windows, Yesterday,
};
use kwhen_app::answer::schemas;
use kwhen_app::desk::Desk;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";

/// The schemas of a document, each under its name.
#[derive(Default)]
struct Schemas(Map<String, Value>);

impl Schemas {
    fn of<T: JsonSchema>(&mut self, name: &str) -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        self.add(name, settings.into_generator().into_root_schema_for::<T>().into())
    }

    /// Adds a schema, with what it defines under names of their own; gives where it is.
    fn add(&mut self, name: &str, mut schema: Value) -> Value {
        if let Value::Object(schema) = &mut schema {
            schema.remove("$schema");
            if let Some(Value::Object(defined)) = schema.remove("$defs") {
                for (inner, mut schema) in defined {
                    lift(&mut schema, name);
                    self.0.insert(format!("{name}.{inner}"), schema);
                }
            }
        }
        lift(&mut schema, name);
        self.0.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }
}

/// What leads to a definition within a schema leads to where it is in the document.
fn lift(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(path) if key == "$ref" => {
                        if let Some(inner) = path.strip_prefix("#/$defs/") {
                            *path = format!("#/components/schemas/{name}.{inner}");
                        }
                    }
                    value => lift(value, name),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| lift(value, name)),
        _ => {}
    }
}

/// An answer that is as it should be, and those of the statuses beside it.
fn responses(kind: &str, schema: &Value, others: &[&str]) -> Value {
    let mut all = Map::new();
    all.insert(
        "200".to_owned(),
        json!({ "description": "The answer", "content": { kind: { "schema": schema } } }),
    );
    for status in ["401", "403", "421", "503"].iter().chain(others) {
        all.insert((*status).to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    all.into()
}

fn parameter(name: &str, what: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": what, "schema": schema })
}

fn body(schema: Value) -> Value {
    json!({ "required": true, "content": { JSON: { "schema": schema } } })
}

/// The document.
#[must_use]
pub fn document(desk: &Desk) -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    let mut add = |path: &str, method: &str, operation: Value| {
        let held = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(held) = held {
            held.insert(method.to_owned(), operation);
        }
    };
    let problem = schemas.of::<Problem>("problem");
    let answers = answers(&mut schemas);
    for name in desk.names_of_questions() {
        let Some(request) = desk.schema(name) else { continue };
        let about = request.get("description").cloned().unwrap_or_default();
        let request = schemas.add(&format!("{name}-ask"), request);
        // A question has one kind of answer, or several whose names begin with its own.
        let of = |known: &&(String, Value)| known.0 == name || known.0.starts_with(&format!("{name}-"));
        let kinds: Vec<Value> = answers.iter().filter(of).map(|(_, schema)| schema.clone()).collect();
        let answer = match kinds.as_slice() {
            [one] => one.clone(),
            several => json!({ "anyOf": several }),
        };
        add(
            &format!("/v1/ask/{name}"),
            "post",
            json!({
                "operationId": format!("ask-{name}"), "summary": about, "requestBody": body(request),
                "responses": responses(JSON, &answer, &["400", "404", "408", "409", "413", "415", "422"]),
            }),
        );
    }
    let known = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    for (path, summary, schema, others) in [
        ("/v1/now", "The rate now and what lies ahead, as kwhen now says it", known("now"), &["409"][..]),
        ("/v1/today", "The rates of today and tomorrow, as kwhen today says them", known("today"), &["409"]),
        ("/v1/rates", "The rate now and all that are known, in pounds", schemas.of::<Rates>("rates"), &[]),
        ("/v1/windows", "The cheapest times ahead", schemas.of::<Windows>("windows"), &[]),
        ("/v1/cost", "What today and this month have cost", schemas.of::<Cost>("cost"), &[]),
        ("/v1/plan", "The plan of all devices together", schemas.of::<Plan>("plan"), &[]),
        (
            "/v1/yesterday",
            "Yesterday beside the plans that were in force",
            schemas.of::<Yesterday>("yesterday"),
            &[],
        ),
        (
            "/v1/dispatches",
            "When the supplier is going to have a car charge",
            schemas.of::<Dispatches>("dispatches"),
            &["409"],
        ),
        ("/v1/data", "How old what is known is, and what stands in the way", schemas.of::<Data>("data"), &[]),
        ("/v1/devices", "What each device does", schemas.of::<Vec<NamedDevice>>("devices"), &[]),
        (
            "/evcc.json",
            "Known rates as a custom tariff of evcc",
            schemas.of::<Vec<EvccRate>>("evcc"),
            &["409"],
        ),
    ] {
        let operation = json!({ "operationId": path.trim_start_matches('/').replace('/', "-"), "summary": summary, "responses": responses(JSON, &schema, others) });
        add(path, "get", operation);
    }
    let id = || parameter("id", "The word of the device", json!({ "type": "string" }));
    let device = schemas.of::<NamedDevice>("device");
    add(
        "/v1/devices/{id}",
        "get",
        json!({ "operationId": "v1-device", "summary": "What a device does", "parameters": [id()], "responses": responses(JSON, &device, &["404"]) }),
    );
    let profile = schemas.of::<Profile>("ocpp");
    let mut asked = vec![id()];
    asked.extend(KEYS.iter().map(|(key, form)| {
        let schema = match *key {
            "version" => json!({ "enum": ["1.6", "2.0.1"] }),
            "unit" => json!({ "enum": ["W", "A"] }),
            "volts" => json!({ "type": "integer", "minimum": 100, "maximum": 500 }),
            "phases" => json!({ "type": "integer", "minimum": 1, "maximum": 3 }),
            "periods" => json!({ "type": "integer", "minimum": 1, "maximum": 1024 }),
            _ => json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
        };
        json!({ "name": key, "in": "query", "description": form, "schema": schema })
    }));
    add(
        "/v1/devices/{id}/ocpp",
        "get",
        json!({ "operationId": "v1-device-ocpp", "summary": "The plan of a device as a charging profile of OCPP", "parameters": asked, "responses": responses(JSON, &profile, &["404", "409", "422"]) }),
    );
    let (saying, reply) = (schemas.of::<Saying>("saying"), schemas.of::<Reply>("reply"));
    let words: Vec<String> = HEARD.iter().map(|word| word.replace('_', "-")).collect();
    let what = parameter("what", "What is said of it", json!({ "enum": words }));
    add(
        "/v1/devices/{id}/{what}",
        "post",
        json!({
            "operationId": "v1-command", "summary": "Say something of a device, as its topic of MQTT takes it", "parameters": [id(), what],
            "requestBody": body(saying), "responses": responses(JSON, &reply, &["400", "404", "408", "409", "413", "415", "422"]),
        }),
    );
    let text = json!({ "type": "string" });
    for (path, summary, kind) in [
        ("/", "The page", "text/html"),
        (
            "/events",
            "What is new, as it comes: the topics of MQTT as server-sent events",
            "text/event-stream",
        ),
        ("/metrics", "Figures for Prometheus", "text/plain"),
        ("/calendar.ics", "Cheapest times and plans as a calendar", "text/calendar"),
    ] {
        let id = path.trim_start_matches('/').replace('.', "-");
        let id = if id.is_empty() { "page".to_owned() } else { id };
        add(
            path,
            "get",
            json!({ "operationId": id, "summary": summary, "responses": responses(kind, &text, &["409"]) }),
        );
    }
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "kwhen", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT OR Apache-2.0" },
            "description": "Questions take the request of `--ask` and give the answer of `--format json`. Decimals are texts, instants RFC 3339 in UTC; `*_minor` is in pence, what has no such name and is money in pounds.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.0,
            "responses": { "Problem": { "description": "Why there is no answer", "content": { JSON: { "schema": problem } } } },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" }, "password": { "type": "http", "scheme": "basic" } },
        },
        "security": [{}, { "token": [] }, { "password": [] }],
    })
}

/// The schemas of the answers, by the names that `kwhen schema` lists.
fn answers(schemas: &mut Schemas) -> Vec<(String, Value)> {
    let all = self::schemas().into_iter();
    all.map(|(name, schema)| (name.to_owned(), schemas.add(name, schema))).collect()
}
