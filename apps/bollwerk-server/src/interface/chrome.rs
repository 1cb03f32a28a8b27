//! What all pages share: the head, the navigation, who is logged in.

use std::sync::Arc;

use askama::Template;

use super::asked::Asked;
use super::filters;
use super::sight::Shown;

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
    /// The name of the cluster that is shown; empty for all of several.
    pub(crate) cluster: String,
    /// The clusters that the viewer is known in, where they are several.
    pub(crate) clusters: Vec<String>,
    /// The same as links to what they show on this screen, all of them together first.
    pub(crate) choices: Vec<(String, String)>,
    /// The query that says which of several was chosen: empty, or `?cluster=NAME`.
    pub(crate) scope: String,
    /// The same as the rest of a query: empty, or `&cluster=NAME`.
    pub(crate) scoped: String,
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

impl Chrome {
    /// Whether rows may be of different clusters, so that each has to say of which it is.
    pub(crate) fn is_of_several(&self) -> bool {
        self.cluster.is_empty() && !self.clusters.is_empty()
    }

    /// The rest of a link's query to what is of a row's cluster; empty where there is only one.
    pub(crate) fn within(&self, cluster: &str) -> String {
        if self.clusters.is_empty() {
            return String::new();
        }
        Asked::of("cluster", cluster).query().replacen('?', "&", 1)
    }
}

/// Links to what each of several clusters shows on a page, and to all together. A finding is of one
/// cluster: from there it goes to the list.
pub(crate) fn choices(
    known: &[&Arc<Shown>],
    section: &str,
    path: &str,
    asked: &Asked,
) -> Vec<(String, String)> {
    if known.len() < 2 {
        return Vec::new();
    }
    let path = if section == "/" || path.starts_with("/findings/") { section } else { path };
    let all = std::iter::once((None, "all clusters"));
    let each = known.iter().map(|it| (Some(it.name.as_str()), it.name.as_str()));
    let link = |cluster| format!("{path}{}", asked.with("cluster", cluster));
    all.chain(each).map(|(cluster, name)| (link(cluster), name.to_owned())).collect()
}

/// A screen of one cluster, of which there are several to choose from.
#[derive(Template)]
#[template(path = "choose.html")]
pub(crate) struct ChoosePage<'a> {
    pub(crate) chrome: &'a Chrome,
}

/// Why there is no page.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage<'a> {
    pub(crate) title: &'a str,
    pub(crate) detail: &'a str,
}
