//! A list of at most `N` items without allocation: what a claim with several values is kept in.

use core::fmt;

/// At most `N` items, kept in place.
#[derive(Clone, Copy)]
pub(crate) struct List<T, const N: usize> {
    items: [T; N],
    length: usize,
}

impl<T: Copy + Default, const N: usize> List<T, N> {
    pub(crate) fn new() -> Self {
        Self { items: [T::default(); N], length: 0 }
    }

    /// Adds `item`; `None` where the list is full.
    pub(crate) fn push(&mut self, item: T) -> Option<()> {
        *self.items.get_mut(self.length)? = item;
        self.length += 1;
        Some(())
    }

    /// A list of `length` default items; `None` where that is more than `N`.
    pub(crate) fn of_length(length: usize) -> Option<Self> {
        (length <= N).then(|| Self { items: [T::default(); N], length })
    }

    /// A list of a slice's items; `None` where there are more than `N`.
    pub(crate) fn from_slice(items: &[T]) -> Option<Self> {
        let mut list = Self::new();
        list.items.get_mut(..items.len())?.copy_from_slice(items);
        list.length = items.len();
        Some(list)
    }
}

impl<T, const N: usize> List<T, N> {
    pub(crate) fn as_slice(&self) -> &[T] {
        self.items.get(..self.length).unwrap_or(&[])
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        self.items.get_mut(..self.length).unwrap_or(&mut [])
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.as_slice().last()
    }
}

impl<T: PartialEq, const N: usize> PartialEq for List<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq, const N: usize> Eq for List<T, N> {}

impl<T: fmt::Debug, const N: usize> fmt::Debug for List<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}
