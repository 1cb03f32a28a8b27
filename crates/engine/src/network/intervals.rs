//! Sets of numbers as sorted, disjoint, inclusive ranges that do not touch.

/// A number that has a next one.
pub(super) trait Point: Copy + Ord {
    /// The number after it, none at the end.
    fn next(self) -> Option<Self>;
    /// The number before it, none at the start.
    fn previous(self) -> Option<Self>;
}

impl Point for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl Point for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

/// A set of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Intervals<T>(Vec<(T, T)>);

impl<T> Default for Intervals<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Point> Intervals<T> {
    /// From ranges in any order; those that end before they start are empty.
    pub(super) fn new(mut ranges: Vec<(T, T)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if before.1.next().is_none_or(|next| first <= next) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        merged.shrink_to_fit();
        Self(merged)
    }

    pub(super) fn ranges(&self) -> &[(T, T)] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, point: T) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < point);
        self.0.get(at).is_some_and(|(first, _)| *first <= point)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        if other.is_empty() || self == other {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        Self::new(self.0.iter().chain(&other.0).copied().collect())
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (0, 0);
        let mut found = Vec::new();
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                found.push((first, last));
            }
            if a.1 < b.1 {
                left += 1;
            } else {
                right += 1;
            }
        }
        Self(found)
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        let mut found = Vec::new();
        let mut right = 0;
        for &(mut first, last) in &self.0 {
            while other.0.get(right).is_some_and(|it| it.1 < first) {
                right += 1;
            }
            let mut at = right;
            let mut is_used_up = false;
            while let Some(cut) = other.0.get(at).filter(|it| it.0 <= last) {
                if let Some(before) = cut.0.previous().filter(|before| first <= *before) {
                    found.push((first, before));
                }
                let Some(next) = cut.1.next().filter(|next| *next <= last) else {
                    is_used_up = true;
                    break;
                };
                first = next;
                at += 1;
            }
            if !is_used_up {
                found.push((first, last));
            }
        }
        Self(found)
    }
}
