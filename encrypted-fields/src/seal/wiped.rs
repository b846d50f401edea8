//! Key schedules that are overwritten when they are dropped.
//!
//! The cipher crates can do this themselves (their `zeroize` feature), but then GHASH wipes its working copy of the key
//! in each message as well, which costs a fifth of sealing a short field and protects nothing: the same bytes stay in the
//! key beside it for as long as the key lives.
#![allow(unsafe_code, reason = "overwrites a value that is never used again")]

use std::mem::ManuallyDrop;
use std::ops::Deref;

/// A value without pointers, overwritten with zeros when dropped.
pub(super) struct Wiped<T>(ManuallyDrop<T>);

impl<T> Wiped<T> {
    pub(super) fn new(value: T) -> Self {
        Self(ManuallyDrop::new(value))
    }
}

impl<T> Deref for Wiped<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Drop for Wiped<T> {
    fn drop(&mut self) {
        let value: *mut T = &mut *self.0;
        // SAFETY: the pointer is to a value that this owns and that nobody reads again, its own drop included. The types
        // in use are arrays of round keys and field elements, so no allocation is lost.
        unsafe { zeroize::zeroize_flat_type(value) };
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::Wiped;

    #[test]
    fn a_dropped_key_leaves_zeros() {
        let mut slot = MaybeUninit::new(Wiped::new([0xa5_u8; 64]));
        // SAFETY: the slot holds a value, which is dropped once; its 64 bytes are read as what they are.
        let left: [u8; 64] = unsafe {
            std::ptr::drop_in_place(slot.as_mut_ptr());
            slot.as_ptr().cast::<[u8; 64]>().read_volatile()
        };
        assert_eq!(left, [0; 64]);
    }
}
