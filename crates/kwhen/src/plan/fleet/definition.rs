//! Circuits that people write: TOML or JSON.

use super::Circuit;
use crate::plan::Power;
use serde::Deserialize;

/// The circuits of a fleet.
///
/// ```
/// use kwhen::plan::fleet::CircuitsDefinition;
/// let definition: CircuitsDefinition = serde_json::from_str(
///     r#"{"circuits": [{"name": "garage", "devices": ["Car", "Second car"], "import_kw": 11}]}"#)?;
/// assert_eq!(definition.circuits()[0].devices.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircuitsDefinition {
    circuits: Vec<CircuitDefinition>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CircuitDefinition {
    name: String,
    devices: Vec<String>,
    import_kw: Option<Power>,
    export_kw: Option<Power>,
}

impl CircuitsDefinition {
    /// The circuits, for `Fleet::circuits`, which says what is wrong with them.
    #[must_use]
    pub fn circuits(&self) -> Vec<Circuit> {
        let circuit = |circuit: &CircuitDefinition| Circuit {
            name: circuit.name.clone(),
            devices: circuit.devices.clone(),
            import_limit: circuit.import_kw,
            export_limit: circuit.export_kw,
        };
        self.circuits.iter().map(circuit).collect()
    }
}
