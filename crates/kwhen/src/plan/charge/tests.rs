//! The charging planner against exhaustive search, and worked cases.

mod exhaustive;
mod priced;
mod worked;
