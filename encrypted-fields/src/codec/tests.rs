//! Frozen bytes of each codec, and what does not fit.

use super::*;
