//! The controls, one file each, in folders by family.

use crate::Control;

pub(crate) mod access;
mod admission;
pub(crate) mod availability;
mod cloud;
mod confinement;
mod control_plane;
mod exposure;
mod group;
mod image;
mod lifecycle;
pub(crate) mod namespace;
pub(crate) mod network;
mod pod;
mod resource;
#[cfg(test)]
mod root_cause;
mod secret;

/// Every family with its folder's name.
pub(crate) const FAMILIES: &[(&str, &[&Control])] = &[
    ("pod", pod::CONTROLS),
    ("image", image::CONTROLS),
    ("secret", secret::CONTROLS),
    ("resource", resource::CONTROLS),
    ("namespace", namespace::CONTROLS),
    ("exposure", exposure::CONTROLS),
    ("network", network::CONTROLS),
    ("access", access::CONTROLS),
    ("admission", admission::CONTROLS),
    ("confinement", confinement::CONTROLS),
    ("availability", availability::CONTROLS),
    ("control-plane", control_plane::CONTROLS),
    ("lifecycle", lifecycle::CONTROLS),
    ("cloud", cloud::CONTROLS),
];
