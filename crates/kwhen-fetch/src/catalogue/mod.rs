//! Every GraphQL operation that the service documents, at hand by its name.
//!
//! The catalogue is data made from the documentation by `catalogue/make.py`: names, arguments with their types, what comes back, the codes
//! of errors in words. [`crate::api`] calls them.
//!
//! ```
//! use kwhen_fetch::catalogue::Catalogue;
//! let operation = Catalogue::documented()?.find("completedDispatches")?;
//! assert_eq!(operation.arguments[0].kind, "String!");
//! # Ok::<(), kwhen_fetch::Error>(())
//! ```

mod operation;
mod shape;
pub(crate) mod value;

pub use operation::{Argument, Documented, OperationKind};
pub use shape::{Fields, Selection, Shape};

use crate::{Error, Result};
use kwhen::names::nearest;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const OPERATIONS: &str = include_str!("../../catalogue/operations.json");

/// All documented operations and the words of all documented error codes.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    errors: BTreeMap<String, String>,
    operations: Vec<Documented>,
}

impl Catalogue {
    /// The catalogue, read when it is first asked for.
    ///
    /// # Errors
    /// The embedded data cannot be read, which a test rules out.
    pub fn documented() -> Result<&'static Self> {
        static READ: OnceLock<std::result::Result<Catalogue, String>> = OnceLock::new();
        let read = READ.get_or_init(|| serde_json::from_str(OPERATIONS).map_err(|error| error.to_string()));
        read.as_ref().map_err(|error| Error::malformed(format!("the catalogue of operations: {error}")))
    }

    /// All operations: queries, then mutations, each in the order of the documentation.
    #[must_use]
    pub fn operations(&self) -> &[Documented] {
        &self.operations
    }

    /// The operation of this name.
    ///
    /// # Errors
    /// There is none; the nearest names are told.
    pub fn find(&self, name: &str) -> Result<&Documented> {
        if let Some(found) = self.operations.iter().find(|one| one.name == name) {
            return Ok(found);
        }
        let near = nearest(name, self.operations.iter().map(|one| one.name.as_str()));
        let alike = self.search(name).into_iter().map(|one| one.name.as_str());
        let mut names: Vec<&str> = near.into_iter().collect();
        names.extend(alike.filter(|other| Some(*other) != near).take(3 - names.len()));
        let hint = match names.as_slice() {
            [] => "; kwhen api list names all".to_owned(),
            names => format!("; did you mean {}?", names.join(", ")),
        };
        Err(Error::invalid(format!("'{name}' is no documented query or mutation{hint}")))
    }

    /// The operations whose name, arguments, returned type or fields contain this word, in any case; in the order of the documentation.
    #[must_use]
    pub fn search(&self, word: &str) -> Vec<&Documented> {
        let word = word.to_ascii_lowercase();
        self.operations.iter().filter(|one| one.mentions(&word)).collect()
    }

    /// What the documentation says of an error's code.
    #[must_use]
    pub fn error(&self, code: &str) -> Option<&str> {
        self.errors.get(code).map(String::as_str)
    }

    /// All documented error codes with their words.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.errors.iter().map(|(code, words)| (code.as_str(), words.as_str()))
    }
}
