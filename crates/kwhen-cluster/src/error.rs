//! How errors are said.

use datafusion::error::DataFusionError;

/// An error in words.
pub(crate) fn refused(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Execution(error.to_string())
}

/// The words of an error, without its kind.
pub(crate) fn words_of(error: DataFusionError) -> String {
    match error {
        DataFusionError::Execution(message) => message,
        error => error.strip_backtrace(),
    }
}
