//! Frozen bytes of each codec, and what does not fit.

#[allow(unused_imports)]
use super::*;
