//! The controls, one file each, in folders by family.

use crate::Control;

mod pod;

/// Every family with its folder's name.
pub(crate) const FAMILIES: &[(&str, &[&Control])] = &[("pod", pod::CONTROLS)];
