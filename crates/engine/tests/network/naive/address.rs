//! Blocks of addresses.

use std::net::IpAddr;

use serde_json::Value;

use super::list;

/// "The except entry describes CIDRs that should not be included within this rule."
pub(super) fn in_ip_block(block: &Value, address: IpAddr) -> bool {
    let is_in = |it: &Value| in_block(it.as_str().expect("a block"), address);
    is_in(&block["cidr"]) && !list(&block["except"]).iter().any(is_in)
}

/// Whether the leading bits of an address are those of a block. The families are apart: no IPv4
/// address lies in an IPv6 block.
pub(crate) fn in_block(block: &str, address: IpAddr) -> bool {
    let (base, length) = block.split_once('/').expect("a length");
    let length: usize = length.parse().expect("a number");
    let base: IpAddr = base.parse().expect("an address");
    let (base, address) = (bits(base), bits(address));
    base.len() == address.len() && base[..length] == address[..length]
}

/// An address bit by bit, the highest first.
fn bits(address: IpAddr) -> Vec<bool> {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)).collect()
}
