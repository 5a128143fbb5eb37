//! Any documented GraphQL operation called by its name.
//!
//! ```
//! use kwhen_fetch::api::ApiCall;
//! use kwhen_fetch::catalogue::Catalogue;
//! let operation = Catalogue::documented()?.find("completedDispatches")?;
//! let number = operation.argument("accountNumber=A-12AB34CD")?;
//! let call = ApiCall::new(operation, [number].into_iter().collect(), None, None)?;
//! assert!(call.document().contains("deltaKwh"));
//! # Ok::<(), kwhen_fetch::Error>(())
//! ```

mod call;
mod schema;

pub use call::{ApiAnswer, ApiCall};
pub use schema::{Introspection, Schema};
