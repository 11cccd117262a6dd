//! A set of small numbers.

use std::fmt;

/// Numbers from 0 to 63, in their order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Values(u64);

impl Values {
    /// Every `step`-th number from `first` to `last`, both at most 63.
    pub(super) fn stepped(first: u8, last: u8, step: u8) -> Self {
        (first..=last).step_by(step.into()).collect()
    }

    /// Whether the number is one of them.
    pub fn contains(self, value: u8) -> bool {
        value < 64 && self.0 & (1 << value) != 0
    }

    /// All of them, the smallest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u8> + Clone {
        (0..64).filter(move |value| self.contains(*value))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// With those of another set.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Numbers beyond 63 are left out.
impl FromIterator<u8> for Values {
    fn from_iter<I: IntoIterator<Item = u8>>(values: I) -> Self {
        Self(
            values
                .into_iter()
                .filter(|value| *value < 64)
                .fold(0, |bits, value| bits | 1 << value),
        )
    }
}

/// With commas between them.
impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.iter().map(|value| value.to_string()).collect();
        f.write_str(&texts.join(","))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
