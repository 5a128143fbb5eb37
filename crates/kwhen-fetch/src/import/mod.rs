//! The data-import API.
