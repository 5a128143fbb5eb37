//! Home Assistant's discovery by device: what it makes of the agent's topics.

use crate::device::Device;
use crate::message::{Message, OFFLINE, ONLINE, Topics};
use crate::turn::Settings;
use kwhen::quantity::Currency;
use serde_json::{Map, Value, json};

/// What stands for the home's own entities.
const HOME: &str = "home";

/// A topic where an entity reads its state.
struct Read<'a> {
    topic: &'a str,
    /// The field of the payload.
    field: &'a str,
}

const fn read<'a>(topic: &'a str, field: &'a str) -> Read<'a> {
    Read { topic, field }
}

/// The entities of one of Home Assistant's devices.
struct Entities<'a> {
    topics: &'a Topics,
    node: &'a str,
    held: Map<String, Value>,
}

impl Entities<'_> {
    fn add(&mut self, key: &str, platform: &str, name: &str, read: &Read<'_>, more: Value) {
        let mut entity = Map::new();
        entity.insert("p".to_owned(), platform.into());
        entity.insert("name".to_owned(), name.into());
        entity.insert("uniq_id".to_owned(), format!("{}_{key}", self.node).into());
        entity.insert("obj_id".to_owned(), format!("{}_{key}", self.node).into());
        entity.insert("stat_t".to_owned(), read.topic.into());
        entity.insert("val_tpl".to_owned(), format!("{{{{ value_json.{} }}}}", read.field).into());
        entity.insert("avty_t".to_owned(), self.topics.availability().into());
        entity.insert("pl_avail".to_owned(), ONLINE.into());
        entity.insert("pl_not_avail".to_owned(), OFFLINE.into());
        if let Value::Object(more) = more {
            entity.extend(more);
        }
        self.held.insert(key.to_owned(), Value::Object(entity));
    }

    fn message(self, prefix: &str, device: Value) -> Message {
        let origin = json!({
            "name": "kwhen",
            "sw": env!("CARGO_PKG_VERSION"),
        });
        let payload = json!({ "dev": device, "o": origin, "cmps": self.held });
        Message::kept(format!("{prefix}/device/{}/config", self.node), payload.to_string())
    }
}

/// The messages by which Home Assistant learns of the agent and its devices.
pub(crate) fn messages(settings: &Settings, currency: Currency) -> Vec<Message> {
    let Settings { topics, devices, durations, dispatched, paid_back, .. } = settings;
    let Some(prefix) = &topics.discovery else { return Vec::new() };
    let root = topics.base.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    let home_id = format!("{root}_{HOME}");
    let mut home = home(topics, &home_id, durations, currency);
    let told = topics.own("dispatches");
    if *paid_back {
        let topic = topics.own("cost");
        for (key, name, day) in [
            ("today_paid_back", "Paid back today", "today"),
            ("month_paid_back", "Paid back this month", "month"),
        ] {
            let sum = json!({
                "dev_cla": "monetary",
                "unit_of_meas": currency.code(),
                "stat_cla": "total",
                "last_reset_value_template": format!("{{{{ value_json.{day}_from or '' }}}}"),
            });
            home.add(key, "sensor", name, &read(&topic, key), sum);
        }
    }
    if *dispatched {
        let named = json!({ "json_attr_t": told });
        home.add("dispatching", "binary_sensor", "Dispatched now", &read(&told, "on"), named);
        let next = json!({ "dev_cla": "timestamp" });
        home.add("next_dispatch", "sensor", "Next dispatch", &read(&told, "next_from"), next);
    }
    let mut messages = vec![home.message(
        prefix,
        json!({ "ids": [home_id], "name": "kwhen", "mf": "kwhen", "mdl": "Tariff and plans" }),
    )];
    for device in devices {
        let node = format!("{root}_{}", device.id);
        messages.push(of_device(topics, &node, device, currency).message(
            prefix,
            json!({ "ids": [node], "name": device.name, "mf": "kwhen", "via_device": home_id }),
        ));
    }
    messages
}

fn home<'a>(topics: &'a Topics, node: &'a str, durations: &[u32], currency: Currency) -> Entities<'a> {
    let mut entities = Entities { topics, node, held: Map::new() };
    let (rates, cost) = (topics.own("rates"), topics.own("cost"));
    let (windows, plan, data) = (topics.own("windows"), topics.own("plan"), topics.own("data"));
    let price = json!({ "unit_of_meas": format!("{}/kWh", currency.code()), "stat_cla": "measurement", "sug_dsp_prc": 4 });
    let with_rows = |mut held: Value| {
        if let Value::Object(held) = &mut held {
            held.insert("json_attr_t".to_owned(), rates.clone().into());
        }
        held
    };
    entities.add("rate", "sensor", "Rate", &read(&rates, "rate"), with_rows(price.clone()));
    entities.add("next_rate", "sensor", "Next rate", &read(&rates, "next_rate"), price);
    let bands = json!({ "dev_cla": "enum", "ops": ["below_zero", "cheap", "usual", "dear"] });
    entities.add("band", "sensor", "Rate band", &read(&rates, "band"), bands);
    entities.add(
        "known_to",
        "sensor",
        "Rates known to",
        &read(&rates, "rates_known_to"),
        json!({ "dev_cla": "timestamp" }),
    );
    for minutes in durations {
        let (key, word) = (format!("cheapest_{minutes}m"), kwhen::time::duration_text(i64::from(*minutes)));
        let field = format!("m{minutes}");
        let inside = |field: &str, part: &str| json!({ "val_tpl": format!("{{{{ value_json.{field}.{part} if value_json.{field} else None }}}}") });
        let mut start = inside(&field, "from");
        if let Value::Object(start) = &mut start {
            start.insert("dev_cla".to_owned(), "timestamp".into());
        }
        entities.add(&key, "sensor", &format!("Cheapest {word}"), &read(&windows, &field), start);
        let name = format!("Cheapest {word} now");
        entities.add(
            &format!("{key}_now"),
            "binary_sensor",
            &name,
            &read(&windows, &field),
            inside(&field, "on"),
        );
    }
    let money = |field: &str| {
        json!({
            "dev_cla": "monetary",
            "unit_of_meas": currency.code(),
            "stat_cla": "total",
            "last_reset_value_template": format!("{{{{ value_json.{field}_from or '' }}}}"),
            "json_attr_t": cost,
        })
    };
    entities.add("cost_today", "sensor", "Cost today", &read(&cost, "today"), money("today"));
    entities.add("cost_month", "sensor", "Cost this month", &read(&cost, "month"), money("month"));
    let yesterday = topics.own("yesterday");
    let apart = json!({
        "dev_cla": "monetary",
        "unit_of_meas": currency.code(),
        "stat_cla": "total",
        "last_reset_value_template": "{{ value_json.from }}",
    });
    entities.add(
        "yesterday_difference",
        "sensor",
        "Yesterday beside its plans",
        &read(&yesterday, "difference"),
        apart,
    );
    let diagnostic = |more: Value| {
        let mut held = json!({ "ent_cat": "diagnostic", "json_attr_t": data });
        if let (Value::Object(held), Value::Object(more)) = (&mut held, more) {
            held.extend(more);
        }
        held
    };
    entities.add(
        "rates_age",
        "sensor",
        "Age of rates",
        &read(&data, "rates_age_minutes"),
        diagnostic(json!({ "dev_cla": "duration", "unit_of_meas": "min" })),
    );
    entities.add(
        "problem",
        "binary_sensor",
        "Problem",
        &read(&data, "problem"),
        diagnostic(json!({ "dev_cla": "problem" })),
    );
    let planned = json!({ "dev_cla": "timestamp", "json_attr_t": plan, "ent_cat": "diagnostic" });
    entities.add("plan_made", "sensor", "Plan made", &read(&plan, "made_at"), planned);
    entities
}

fn of_device<'a>(topics: &'a Topics, node: &'a str, device: &Device, currency: Currency) -> Entities<'a> {
    let mut entities = Entities { topics, node, held: Map::new() };
    let topic = topics.device(&device.id);
    let of = |field| Read { topic: &topic, field };
    let command = |what: &str| topics.command(&device.id, what);
    entities.add("running", "binary_sensor", "Running", &of("running"), json!({ "dev_cla": "running" }));
    let states = json!({
        "dev_cla": "enum",
        "ops": ["unplanned", "level_unknown", "waiting", "charging", "discharging", "running"],
        "json_attr_t": topic,
    });
    entities.add("status", "sensor", "Status", &of("status"), states);
    let power = json!({ "dev_cla": "power", "unit_of_meas": "kW", "stat_cla": "measurement" });
    entities.add("power", "sensor", "Planned power", &of("power_kw"), power);
    let timestamp = json!({ "dev_cla": "timestamp" });
    entities.add("next_start", "sensor", "Next start", &of("next_from"), timestamp.clone());
    entities.add("next_end", "sensor", "Next end", &of("next_to"), timestamp.clone());
    let switch = |what: &str| json!({ "cmd_t": command(what), "pl_on": "ON", "pl_off": "OFF" });
    let Some(capacity) = device.capacity else {
        entities.add("run", "switch", "Run", &of("run"), switch("run"));
        entities.add("run_by", "sensor", "Run by", &of("run_by"), timestamp);
        return entities;
    };
    let price = json!({ "unit_of_meas": format!("{}/kWh", currency.code()), "sug_dsp_prc": 4 });
    entities.add("value", "sensor", "Worth of stored energy", &of("value"), price);
    let age = json!({ "dev_cla": "duration", "unit_of_meas": "min", "ent_cat": "diagnostic" });
    entities.add("level_age", "sensor", "Age of level", &of("level_age_minutes"), age);
    let energy = |what: &str| {
        json!({
            "cmd_t": command(what),
            "min": 0,
            "max": capacity.to_decimal().normalize().to_string().parse::<f64>().unwrap_or(1_000.0),
            "step": 0.1,
            "mode": "box",
            "unit_of_meas": "kWh",
            "dev_cla": "energy_storage",
        })
    };
    entities.add("level", "number", "Level", &of("level_kwh"), energy("level"));
    entities.add("target", "number", "Target level", &of("target_kwh"), energy("target"));
    let by = json!({ "cmd_t": command("by"), "max": 30 });
    entities.add("target_by", "text", "Target by", &of("target_by"), by);
    entities.add("charge_now", "switch", "Charge now", &of("charge_now"), switch("charge_now"));
    entities.add("hold", "switch", "Hold", &of("hold"), switch("hold"));
    entities
}
