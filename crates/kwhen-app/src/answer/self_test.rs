//! What `kwhen self-test` answers.

use serde::Serialize;

/// Golden cases of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TestGroup {
    /// What is tested.
    pub what: String,
    /// How many cases there are.
    pub cases: usize,
    /// How many of them failed.
    pub failed: usize,
}

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailedCase {
    /// What was tested, and the name of the case.
    pub case: String,
    /// What is wrong with it, in words.
    pub found: String,
}

/// The golden cases of the command itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelfTest {
    /// The version of the zone tables.
    pub tzdb: String,
    /// How many cases there are.
    pub cases: usize,
    /// How many of them failed.
    pub failed: usize,
    /// The cases by kind.
    pub groups: Vec<TestGroup>,
    /// Those that failed.
    pub failures: Vec<FailedCase>,
}
