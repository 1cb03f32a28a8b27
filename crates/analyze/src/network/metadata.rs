//! Addresses that hand out the credentials of a machine, or of what runs on it.

/// Such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The address, as a text that [`engine::network::address::parse_address`] reads.
    pub address: &'static str,
    /// Whose it is.
    pub whose: &'static str,
    /// TCP ports it answers on.
    pub ports: &'static [u16],
    /// Whether it gives a pod rights of its own and not those of its node: closing it takes from
    /// the pod what it was given.
    pub is_own: bool,
}

/// The label, and its value, of pods that may ask for the node's credentials: what `harden` writes
/// leaves them out.
pub const EXCEPTION: (&str, &str) = ("bollwerk.io/metadata-service", "allowed");

/// The addresses that are known. Names (`metadata.google.internal`) lead to the first.
///
/// Sources: the documentation of each cloud's instance metadata service; for Azure's wire server
/// "What is IP address 168.63.129.16?", which it answers on ports 80 and 32526; for AWS also the
/// ECS task metadata endpoint and the EKS Pod Identity Agent.
pub const ADDRESSES: &[Metadata] = &[
    Metadata {
        address: "169.254.169.254",
        whose: "AWS, Azure, Google Cloud and most others",
        ports: &[80],
        is_own: false,
    },
    Metadata { address: "fd00:ec2::254", whose: "AWS", ports: &[80], is_own: false },
    Metadata { address: "169.254.170.2", whose: "AWS ECS", ports: &[80], is_own: false },
    Metadata {
        address: "168.63.129.16",
        whose: "Azure's wire server",
        ports: &[80, 32526],
        is_own: false,
    },
    Metadata { address: "100.100.100.200", whose: "Alibaba Cloud", ports: &[80], is_own: false },
    Metadata {
        address: "169.254.170.23",
        whose: "AWS EKS Pod Identity",
        ports: &[80],
        is_own: true,
    },
    Metadata { address: "fd00:ec2::23", whose: "AWS EKS Pod Identity", ports: &[80], is_own: true },
];

#[cfg(test)]
mod tests {
    use engine::network::address::parse_address;

    use super::ADDRESSES;

    #[test]
    fn addresses_are_addresses() {
        for metadata in ADDRESSES {
            assert!(parse_address(metadata.address).is_some(), "{}", metadata.address);
        }
    }
}
