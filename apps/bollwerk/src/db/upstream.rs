//! Who publishes advisories, and where: the one table of addresses.

use advisory::Source;

/// What somebody publishes.
pub(super) struct Upstream {
    /// Its name, for `--only`.
    pub(super) name: &'static str,
    /// Where its publisher has it.
    pub(super) url: &'static str,
    /// Where a mirror has it, below its address.
    pub(super) path: &'static str,
    title: &'static str,
    licence: &'static str,
    credit: &'static str,
}

/// All that is fetched without `--from`. Sources whose terms forbid what a database does to them
/// (GitLab's, Wolfi's, pyup's) are not here.
pub(super) const UPSTREAM: &[Upstream] = &[
    Upstream {
        name: "osv-almalinux",
        url: "https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/all.zip",
        path: "osv/AlmaLinux/all.zip",
        title: "OSV: AlmaLinux",
        licence: "MIT",
        credit: "Copyright (c) 2023 AlmaLinux OS; by OSV.dev",
    },
    Upstream {
        name: "osv-crates",
        url: "https://osv-vulnerabilities.storage.googleapis.com/crates.io/all.zip",
        path: "osv/crates.io/all.zip",
        title: "OSV: crates.io",
        licence: "CC0-1.0 AND CC-BY-4.0",
        credit: "RustSec, GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-debian",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip",
        path: "osv/Debian/all.zip",
        title: "OSV: Debian",
        licence: "none stated",
        credit: "Debian Security Tracker; by OSV.dev",
    },
    Upstream {
        name: "osv-go",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Go/all.zip",
        path: "osv/Go/all.zip",
        title: "OSV: Go",
        licence: "CC-BY-4.0",
        credit: "Go Vulnerability Database; by OSV.dev",
    },
    Upstream {
        name: "osv-hex",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Hex/all.zip",
        path: "osv/Hex/all.zip",
        title: "OSV: Hex",
        licence: "CC-BY-4.0",
        credit: "GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-maven",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Maven/all.zip",
        path: "osv/Maven/all.zip",
        title: "OSV: Maven",
        licence: "CC-BY-4.0",
        credit: "GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-npm",
        url: "https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip",
        path: "osv/npm/all.zip",
        title: "OSV: npm",
        licence: "CC-BY-4.0 AND Apache-2.0",
        credit: "GitHub, OpenSSF malicious packages; by OSV.dev",
    },
    Upstream {
        name: "osv-nuget",
        url: "https://osv-vulnerabilities.storage.googleapis.com/NuGet/all.zip",
        path: "osv/NuGet/all.zip",
        title: "OSV: NuGet",
        licence: "CC-BY-4.0",
        credit: "GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-packagist",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Packagist/all.zip",
        path: "osv/Packagist/all.zip",
        title: "OSV: Packagist",
        licence: "CC-BY-4.0",
        credit: "GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-pub",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Pub/all.zip",
        path: "osv/Pub/all.zip",
        title: "OSV: Pub",
        licence: "CC-BY-4.0",
        credit: "GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-pypi",
        url: "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip",
        path: "osv/PyPI/all.zip",
        title: "OSV: PyPI",
        licence: "CC-BY-4.0",
        credit: "PyPA, GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-rocky",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip",
        path: "osv/Rocky%20Linux/all.zip",
        title: "OSV: Rocky Linux",
        licence: "BSD-3-Clause",
        credit: "Rocky Linux; by OSV.dev",
    },
    Upstream {
        name: "osv-rubygems",
        url: "https://osv-vulnerabilities.storage.googleapis.com/RubyGems/all.zip",
        path: "osv/RubyGems/all.zip",
        title: "OSV: RubyGems",
        licence: "CC-BY-4.0",
        credit: "GitHub Advisory Database; by OSV.dev",
    },
    Upstream {
        name: "osv-ubuntu",
        url: "https://osv-vulnerabilities.storage.googleapis.com/Ubuntu/all.zip",
        path: "osv/Ubuntu/all.zip",
        title: "OSV: Ubuntu",
        licence: "CC-BY-SA-4.0",
        credit: "Canonical, Ubuntu Security Notices; by OSV.dev",
    },
    Upstream {
        name: "debian",
        url: "https://security-tracker.debian.org/tracker/data/json",
        path: "debian/tracker.json",
        title: "Debian security tracker",
        licence: "none stated; reuse endorsed by the Debian security team",
        credit: "Debian Security Tracker",
    },
    Upstream {
        name: "alpine-3.20-main",
        url: "https://secdb.alpinelinux.org/v3.20/main.json",
        path: "alpine/v3.20/main.json",
        title: "Alpine secdb v3.20 main",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.20-community",
        url: "https://secdb.alpinelinux.org/v3.20/community.json",
        path: "alpine/v3.20/community.json",
        title: "Alpine secdb v3.20 community",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.21-main",
        url: "https://secdb.alpinelinux.org/v3.21/main.json",
        path: "alpine/v3.21/main.json",
        title: "Alpine secdb v3.21 main",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.21-community",
        url: "https://secdb.alpinelinux.org/v3.21/community.json",
        path: "alpine/v3.21/community.json",
        title: "Alpine secdb v3.21 community",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.22-main",
        url: "https://secdb.alpinelinux.org/v3.22/main.json",
        path: "alpine/v3.22/main.json",
        title: "Alpine secdb v3.22 main",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.22-community",
        url: "https://secdb.alpinelinux.org/v3.22/community.json",
        path: "alpine/v3.22/community.json",
        title: "Alpine secdb v3.22 community",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.23-main",
        url: "https://secdb.alpinelinux.org/v3.23/main.json",
        path: "alpine/v3.23/main.json",
        title: "Alpine secdb v3.23 main",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "alpine-3.23-community",
        url: "https://secdb.alpinelinux.org/v3.23/community.json",
        path: "alpine/v3.23/community.json",
        title: "Alpine secdb v3.23 community",
        licence: "CC-BY-SA-4.0",
        credit: "Alpine Linux secdb",
    },
    Upstream {
        name: "epss",
        url: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
        path: "epss/epss_scores-current.csv.gz",
        title: "EPSS",
        licence: "free to use with credit",
        credit: "FIRST, Exploit Prediction Scoring System",
    },
    Upstream {
        name: "kev",
        url: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        path: "kev/known_exploited_vulnerabilities.json",
        title: "Known Exploited Vulnerabilities Catalog",
        licence: "CC0-1.0",
        credit: "CISA",
    },
];

impl Upstream {
    /// What is kept with what it publishes.
    pub(super) fn source(&self) -> Source {
        Source {
            name: self.title.to_owned(),
            url: self.url.to_owned(),
            licence: self.licence.to_owned(),
            attribution: self.credit.to_owned(),
            date: None,
        }
    }
}
