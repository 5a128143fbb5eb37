//! A list that is mostly of one.

use std::ops::{Deref, DerefMut};

/// One, kept in place, or several.
#[derive(Clone, Debug)]
pub(super) enum Few<T> {
    One([T; 1]),
    Many(Vec<T>),
}

impl<T> Few<T> {
    pub(super) const fn one(one: T) -> Self {
        Self::One([one])
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(several: Vec<T>) -> Self {
        Self::Many(several)
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(one) => one,
            Self::Many(several) => several,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::One(one) => one,
            Self::Many(several) => several,
        }
    }
}
