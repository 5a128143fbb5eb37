//! All of a home on one page: rates, plans, what each device does, and what it all comes to.

use super::Answer;
use super::published::Said;
use std::sync::Arc;

/// A home at a moment.
#[derive(Clone, Debug)]
pub struct Overview {
    /// What is said of it.
    pub said: Arc<Said>,
    /// What stands beside the plan.
    pub aside: Arc<Aside>,
    /// Whether what is said to its devices is heard.
    pub hears: bool,
}

/// Bills and the like, which change with the hour and not with the minute. What could not be had is `None`, and why is among the notes.
#[derive(Debug, Default)]
pub struct Aside {
    /// This month so far, and what it will come to.
    pub bill: Option<Answer>,
    /// Yesterday.
    pub yesterday: Option<Answer>,
    /// The rates of a year: its cheapest hour.
    pub year: Option<Answer>,
    /// Tariffs beside each other, where the file of defaults names some.
    pub compared: Option<Answer>,
    /// What is not there, and why, a sentence each.
    pub notes: Vec<String>,
}
