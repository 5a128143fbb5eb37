//! The engine's errors as Python exceptions. Their classes are Python's own (`kwhen._errors`), so that they can be of two trees.

use pyo3::prelude::*;

/// The exception of a name with a message, and where it was seen if that is known.
pub(crate) fn raise(name: &str, message: &str, row: Option<u64>, field: Option<&str>) -> PyErr {
    Python::attach(|py| {
        let build = || -> PyResult<Bound<'_, PyAny>> {
            let class = py.import("kwhen._errors")?.getattr(name)?;
            let exception = class.call1((message,))?;
            exception.setattr("row", row)?;
            exception.setattr("field", field)?;
            Ok(exception)
        };
        build().map_or_else(|error| error, PyErr::from_value)
    })
}

/// An argument that cannot be what it is.
pub(crate) fn bad_argument(message: &str) -> PyErr {
    raise("ParseError", &kwhen::names::did_you_mean(message), None, None)
}

/// The exception of an error of the engine.
pub(crate) fn from_engine(error: kwhen::Error) -> PyErr {
    let name = if error.is_syntax() {
        "ParseError"
    } else if error.is_out_of_range() {
        "OutOfRangeError"
    } else if error.is_precision() {
        "PrecisionError"
    } else if error.is_order() {
        "OrderError"
    } else if error.is_overlap() {
        "OverlapError"
    } else if error.is_conflict() {
        "ConflictError"
    } else if error.is_misaligned() || error.is_off_minute() {
        "MisalignedError"
    } else if error.is_missing() {
        "MissingDataError"
    } else if error.is_infeasible() {
        "InfeasibleError"
    } else {
        "UnsupportedError"
    };
    raise(name, &error.to_string(), error.row(), error.field())
}

/// What the engine gave, or its exception.
pub(crate) trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for kwhen::Result<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(from_engine)
    }
}

/// What serde gave, or the exception for text that cannot be read.
pub(crate) fn read<T>(result: serde_json::Result<T>) -> PyResult<T> {
    result.map_err(|error| bad_argument(&error.to_string()))
}
