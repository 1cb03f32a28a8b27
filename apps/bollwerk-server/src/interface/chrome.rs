//! What all pages share: the head, the navigation, who is logged in.

use askama::Template;

/// The screens, in the order they stand: address and name.
pub(crate) const SECTIONS: &[(&str, &str)] = &[
    ("/", "Overview"),
    ("/findings", "Findings"),
    ("/workloads", "Workloads"),
    ("/images", "Images"),
    ("/vulnerabilities", "CVEs"),
    ("/access", "Access"),
    ("/network", "Network"),
    ("/compliance", "Compliance"),
    ("/decisions", "Admission"),
    ("/exceptions", "Exceptions"),
    ("/health", "Health"),
];

/// The frame around a page.
#[derive(Clone, Debug)]
pub(crate) struct Chrome {
    /// The cluster's name.
    pub(crate) cluster: String,
    /// Address of the section the page belongs to.
    pub(crate) section: &'static str,
    /// The page's title.
    pub(crate) title: String,
    /// Who looks at it.
    pub(crate) user: String,
    /// Whether the viewer can log out.
    pub(crate) has_session: bool,
    /// What forms of this page must send.
    pub(crate) form_key: String,
    /// The filters that stay when the reader goes to another screen.
    pub(crate) kept: String,
    /// When the cluster was judged; empty before the first time.
    pub(crate) assessed_at: String,
    /// The assessment that the page shows.
    pub(crate) number: u64,
    /// What is not known of the cluster.
    pub(crate) gaps: usize,
    /// The page as JSON.
    pub(crate) twin: String,
    /// Names of the style and the script, which change with their content.
    pub(crate) style: &'static str,
    pub(crate) script: &'static str,
}

/// Why there is no page.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage<'a> {
    pub(crate) title: &'a str,
    pub(crate) detail: &'a str,
}
