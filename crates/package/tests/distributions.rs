//! Real `os-release` files, and the ecosystem each names.

use package::{Distribution, Ecosystem};

/// The lines that count, and what advisories call it.
const CASES: [(&str, &str); 20] = [
    ("ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n", "Debian:12"),
    ("ID=debian\nVERSION_ID=\"9\"\nPRETTY_NAME=\"Debian GNU/Linux 9 (stretch)\"\n", "Debian:9"),
    ("ID=debian\nVERSION_CODENAME=forky\n", "Debian:14"),
    ("ID=alpine\nVERSION_ID=3.20.3\n", "Alpine:v3.20"),
    ("ID=alpine\nVERSION_ID=3.21.0_alpha20240807\n", "Alpine:edge"),
    ("ID=ubuntu\nVERSION_ID=\"22.04\"\n", "Ubuntu:22.04"),
    ("ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n", "AlmaLinux:9"),
    ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\n", "Rocky Linux:9"),
    ("ID=\"rhel\"\nVERSION_ID=\"9.4\"\n", "Red Hat:enterprise_linux:9"),
    ("ID=wolfi\nVERSION_ID=\"20230201\"\n", "Wolfi"),
    ("ID=chainguard\nVERSION_ID=\"20230214\"\n", "Chainguard"),
    ("ID=\"opensuse-leap\"\nVERSION_ID=\"15.5\"\n", "openSUSE:Leap 15.5"),
    ("ID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20240101\"\n", "openSUSE:Tumbleweed"),
    ("ID=\"sles\"\nVERSION_ID=\"15.5\"\n", "SUSE:Linux Enterprise Server 15 SP5"),
    ("ID=photon\nVERSION_ID=4.0\n", "Photon OS:4.0"),
    ("ID=mageia\nVERSION_ID=9\n", "Mageia:9"),
    ("# ID=alpine\r\nID='debian'\r\nVERSION_ID=11\r\n", "Debian:11"),
    ("ID=alpine\nID=debian\nVERSION_ID=\"1\\\"2\"\n", "Debian:1\"2"),
    ("ID=fedora\nVERSION_ID=40\n", ""),
    ("", ""),
];

#[test]
fn releases_are_told() {
    for (text, wanted) in CASES {
        let distribution = Distribution::parse(text);
        let found = Ecosystem::of_distribution(&distribution);
        assert_eq!(found.map_or_else(String::new, |it| it.to_string()), wanted, "{text}");
    }
    assert_eq!(Distribution::parse("").id, "linux");
}

#[test]
fn spellings_of_one_release_are_one() {
    let parse = |text| Ecosystem::parse(text).unwrap();
    assert_eq!(parse("Ubuntu:22.04:LTS"), parse("Ubuntu:22.04"));
    let stream = parse("Red Hat:enterprise_linux:9::appstream");
    assert_eq!(stream, parse("Red Hat:enterprise_linux:9"));
    assert_ne!(parse("Debian:12"), parse("Debian:11"));
    assert_eq!(Ecosystem::parse("Brainfuck"), None);
}
