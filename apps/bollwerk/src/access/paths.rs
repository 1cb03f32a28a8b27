//! `bollwerk access paths` and `cut`: how somebody gets to a goal, and what closes it.

mod chain;
pub(crate) mod picture;

use std::collections::BTreeSet;
use std::io::Write;

use analyze::access::subject::Subject;
use anyhow::{Result, anyhow, bail};
use engine::paths::{
    Because, Closing, Graph, Minimality, Options, Place, PlaceId, Reach, Step, Uncertain, Way,
};
use engine::rbac::Source;
use report::harmless;
use serde_json::{Value, json};

use super::wording::{BOLD, DIM, RED, YELLOW, print_json};
use super::{NO, UNKNOWN, World};
use crate::arguments::{Cut, GraphFormat, Paths, Start};

/// Starts whose ways are followed: each walks the graph once. The rest is listed; one walk tells
/// all who get there.
const STARTS_MAX: usize = 500;
/// Starts whose way is shown in full; the rest is listed.
const WAYS_SHOWN_MAX: usize = 12;
/// Steps that finding a cut may walk in all: each of its questions walks the graph once.
const CUT_STEPS_MAX: usize = 100_000_000;
/// Questions that it may ask at least and at most.
const CUT_QUESTIONS: (usize, usize) = (50, 20_000);

/// Runs `paths`; the code to exit with.
pub(super) fn run(arguments: &Paths) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let asked = Asked::new(&world, arguments.from.as_ref(), &arguments.to)?;
    let found = asked.ways(arguments.count, arguments.all);
    match arguments.format {
        GraphFormat::Json => print_json(&asked.as_json(&found))?,
        GraphFormat::Dot => print(&asked.as_dot(&found))?,
        GraphFormat::Svg => print(&picture::svg(&asked.title(), &asked.chains(&found)))?,
        GraphFormat::Html => print(&picture::html(&asked.title(), &asked.chains(&found)))?,
        GraphFormat::Mermaid => print(&asked.as_mermaid(&found))?,
        GraphFormat::Terminal => asked.as_text(&found, &mut anstream::stdout())?,
    }
    Ok(match &found {
        found if found.iter().any(|it| it.is_certain) => NO,
        found if !found.is_empty() => UNKNOWN,
        _ => 0,
    })
}

/// Runs `cut`; the code to exit with.
pub(super) fn cut(arguments: &Cut) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let asked = Asked::new(&world, arguments.from.as_ref(), &arguments.to)?;
    let Some(goal) = asked.goal else {
        anstream::println!("nobody reaches {}", asked.name(&asked.wanted));
        return Ok(0);
    };
    let from = asked.from.clone().unwrap_or_else(|| asked.starts(false));
    let (least, most) = CUT_QUESTIONS;
    let (_, steps) = asked.graph.size();
    let budget = (CUT_STEPS_MAX / steps.max(1)).clamp(least, most);
    let found = asked.graph.cut(Some(&from), goal, budget);
    let mut out = anstream::stdout();
    let name = asked.name(&asked.wanted);
    if found.remove.is_empty() && found.open.is_empty() {
        writeln!(out, "nobody reaches {name}")?;
        return Ok(0);
    }
    if !found.remove.is_empty() {
        let kind = match found.minimality {
            Minimality::Smallest => "the smallest set that does; all smaller ones were tried",
            Minimality::Irreducible => "none can be left out; another set may be smaller",
            Minimality::Sufficient => "it is enough; some may not be needed",
        };
        writeln!(out, "{BOLD}Remove these to close {name}{BOLD:#}  {DIM}{kind}{DIM:#}")?;
        for closing in &found.remove {
            writeln!(out, "  {}", asked.closing(closing))?;
        }
    }
    if !found.open.is_empty() {
        writeln!(out, "{YELLOW}These cannot be closed:{YELLOW:#}")?;
        for place in &found.open {
            writeln!(out, "  {}", asked.name(&asked.graph.place(*place)))?;
        }
    }
    Ok(NO)
}

/// How somebody gets to a goal, for a page.
pub struct Ways {
    /// `Ways to cluster-admin`.
    pub title: String,
    /// The picture of the ways that are followed.
    pub picture: String,
    /// Who gets there, those who certainly do first.
    pub starts: Vec<WayFrom>,
    /// How many of them are in the picture.
    pub followed: usize,
}

/// Somebody who gets to a goal.
pub struct WayFrom {
    /// Who.
    pub name: String,
    /// Whether it is certain.
    pub is_certain: bool,
    /// The steps of the shortest way, each with why it can be taken; empty if not followed.
    pub steps: Vec<(String, String)>,
}

impl Ways {
    /// Ways to `to`, from `from` or from all that may start; those of the first `shown` are
    /// followed.
    ///
    /// # Errors
    ///
    /// Ends that are misspelt or not there.
    pub(super) fn of(world: &World, from: Option<&str>, to: &str, shown: usize) -> Result<Self> {
        let from = from.map(str::parse::<Start>).transpose().map_err(|error| anyhow!(error))?;
        let asked = Asked::new(world, from.as_ref(), to)?;
        let found = asked.ways(1, false);
        let followed = shown.min(found.len());
        let chains = asked.chains(&found[..followed]);
        let start = |one: &Found| WayFrom {
            name: asked.name(&asked.graph.place(one.start)),
            is_certain: one.is_certain,
            steps: one.ways.first().map_or_else(Vec::new, |way| {
                way.steps.iter().map(|it| (asked.name(&it.to), asked.because(it))).collect()
            }),
        };
        let starts = found.iter().map(start).collect();
        let title = asked.title();
        Ok(Self { picture: picture::svg(&title, &chains), title, starts, followed })
    }
}

/// A graph, and what is asked of it.
struct Asked<'w> {
    world: &'w World,
    graph: Graph,
    wanted: Place,
    goal: Option<PlaceId>,
    /// From these alone.
    from: Option<Vec<PlaceId>>,
}

/// The ways of one start.
struct Found {
    start: PlaceId,
    is_certain: bool,
    ways: Vec<Way>,
}

impl<'w> Asked<'w> {
    fn new(world: &'w World, from: Option<&Start>, to: &str) -> Result<Self> {
        let subject = match from {
            Some(Start::Subject(subject)) => Some(subject),
            _ => None,
        };
        let start = subject.map(|subject| match subject.clone() {
            Subject::User(name) => Place::User(name),
            Subject::Group(name) => Place::Group(name),
            Subject::ServiceAccount { namespace, name } => {
                Place::ServiceAccount { namespace, name }
            }
        });
        let mut options =
            Options { starts: start.clone().into_iter().collect(), ..Options::default() };
        if let (Some(Subject::User(name)), Some(memberships)) = (subject, &world.memberships)
            && let Some(groups) = memberships.groups_of(name)
        {
            let groups = engine::rbac::Groups::Known(groups.to_vec());
            options.groups.insert(name.clone(), groups);
        }
        let graph = Graph::build(&world.snapshot, world.id, &world.authorizer, &options);
        let wanted = goal(to)?;
        let goal = graph.find(&wanted);
        let from = match from {
            None => None,
            Some(Start::Subject(_)) => {
                let found: Vec<PlaceId> =
                    start.iter().filter_map(|start| graph.find(start)).collect();
                if found.is_empty() {
                    let named = start.map(|it| it.to_string()).unwrap_or_default();
                    bail!("nothing in the input names {}", harmless(&named));
                }
                Some(found)
            }
            Some(Start::Pod { namespace, name }) => Some(pods(world, &graph, namespace, name)?),
        };
        Ok(Self { world, graph, wanted, goal, from })
    }

    /// Where somebody may start; Kubernetes' own subjects only with `all`.
    fn starts(&self, all: bool) -> Vec<PlaceId> {
        let is_shown = |place: &PlaceId| match self.graph.place(*place) {
            Place::User(name) | Place::Group(name) => all || !name.starts_with("system:"),
            Place::ServiceAccount { namespace, .. } => all || namespace != "kube-system",
            _ => true,
        };
        self.graph.starts().filter(is_shown).collect()
    }

    fn ways(&self, count: usize, all: bool) -> Vec<Found> {
        let Some(goal) = self.goal else { return Vec::new() };
        let reaching = self.graph.reaches(goal);
        let certain: BTreeSet<PlaceId> = reaching.certain.into_iter().collect();
        let known: BTreeSet<PlaceId> = certain.iter().copied().chain(reaching.unknown).collect();
        let asked = self.from.clone().unwrap_or_else(|| self.starts(all));
        let starts: Vec<PlaceId> = asked.into_iter().filter(|it| known.contains(it)).collect();
        if starts.len() > STARTS_MAX {
            let more = starts.len() - STARTS_MAX;
            anstream::eprintln!(
                "the ways of {more} more are not followed, they are listed alone; `--from` follows \
                 one"
            );
        }
        let ways = |start: PlaceId| match self.graph.paths(start, goal, count) {
            Reach::Yes(ways) => Some(Found { start, is_certain: true, ways }),
            Reach::Unknown(ways) => Some(Found { start, is_certain: false, ways }),
            Reach::No => None,
        };
        let (followed, rest) = starts.split_at(starts.len().min(STARTS_MAX));
        let mut found: Vec<Found> = followed.iter().copied().filter_map(ways).collect();
        found.extend(rest.iter().map(|start| Found {
            start: *start,
            is_certain: certain.contains(start),
            ways: Vec::new(),
        }));
        let shortest = |it: &Found| it.ways.first().map_or(usize::MAX, |way| way.edges);
        found.sort_by_key(|it| (!it.is_certain, shortest(it), it.start));
        found
    }

    fn title(&self) -> String {
        format!("Ways to {}", self.name(&self.wanted))
    }

    /// What a place is called.
    fn name(&self, place: &Place) -> String {
        let text = match place {
            Place::Pod(id) => format!("pod of {}", self.world.snapshot.object(*id).identity()),
            Place::Role { role, namespace } => {
                let within = namespace.as_ref().map(|it| format!(" in namespace {it}"));
                format!("{}{}", self.world.role_name(*role), within.unwrap_or_default())
            }
            place => place.to_string(),
        };
        harmless(&text)
    }

    /// Why a step can be taken, with its place.
    fn because(&self, step: &Step) -> String {
        let at = |place: Option<(String, u32)>| {
            place.map(|(file, line)| format!("  {file}:{line}")).unwrap_or_default()
        };
        let text = match &step.because {
            Because::Edge { edge, field } => {
                let place = field.as_ref();
                let place =
                    place.and_then(|(id, path)| self.world.place(Source::Object(*id), path));
                format!("{}{}", edge.name, at(place))
            }
            Because::Binding { binding, .. } => {
                let source = self.world.authorizer.binding(*binding).source;
                format!("{}{}", self.world.binding_name(*binding), at(self.world.origin(source)))
            }
            Because::Rule { origin, rule, .. } => {
                let source = self.world.authorizer.role(*origin).source;
                let rule = rule.map(|it| format!(", rule {}", it + 1)).unwrap_or_default();
                format!("{}{rule}{}", self.world.role_name(*origin), at(self.world.origin(source)))
            }
            Because::Part => "the whole gives its part".to_owned(),
            Because::Member => "member of the group".to_owned(),
            Because::PodSecurity(_) => "Pod Security lets it".to_owned(),
            Because::Uncertain(what) => format!("not known: {}", unknown(*what)),
        };
        harmless(&text)
    }

    fn closing(&self, closing: &Closing) -> String {
        let (text, place) = match closing {
            Closing::Binding(binding) => {
                let source = self.world.authorizer.binding(*binding).source;
                (self.world.binding_name(*binding), self.world.origin(source))
            }
            Closing::Field(id, path) => {
                let object = self.world.snapshot.object(*id).identity().to_string();
                let place = self.world.place(Source::Object(*id), path);
                (format!("`{path}` of {object}"), place)
            }
        };
        let at = place.map(|(file, line)| format!("  {file}:{line}")).unwrap_or_default();
        format!("{}{DIM}{}{DIM:#}", harmless(&text), harmless(&at))
    }

    fn as_text(&self, found: &[Found], out: &mut impl Write) -> Result<()> {
        let goal = self.name(&self.wanted);
        if found.is_empty() {
            let first = self.from.as_ref().and_then(|from| from.first());
            match first.map(|from| self.name(&self.graph.place(*from))) {
                Some(who) => writeln!(out, "{who} does not reach {goal}")?,
                None => writeln!(out, "nobody reaches {goal}")?,
            }
            return Ok(());
        }
        for one in found.iter().take(WAYS_SHOWN_MAX) {
            let start = self.name(&self.graph.place(one.start));
            let (style, word) =
                if one.is_certain { (RED, "reaches") } else { (YELLOW, "may reach") };
            for way in &one.ways {
                writeln!(out, "{BOLD}{start}{BOLD:#} {style}{word}{style:#} {BOLD}{goal}{BOLD:#}")?;
                for step in &way.steps {
                    let (to, because) = (self.name(&step.to), self.because(step));
                    writeln!(out, "  → {to}\n      {DIM}{because}{DIM:#}")?;
                }
                writeln!(out)?;
            }
        }
        let more = found.len().saturating_sub(WAYS_SHOWN_MAX);
        if more > 0 {
            writeln!(out, "{DIM}… and {more} more; `--format json` shows all{DIM:#}")?;
        }
        let certain = found.iter().filter(|it| it.is_certain).count();
        writeln!(out, "{certain} reach {goal}, {} may", found.len() - certain)?;
        Ok(())
    }

    fn as_json(&self, found: &[Found]) -> Value {
        let step = |step: &Step| {
            json!({
                "from": step.from.iter().map(|place| self.name(place)).collect::<Vec<_>>(),
                "to": self.name(&step.to),
                "because": self.because(step),
                "edge": match &step.because {
                    Because::Edge { edge, .. } => Some(edge.id),
                    _ => None,
                },
            })
        };
        let way = |way: &Way| {
            let steps: Vec<Value> = way.steps.iter().map(step).collect();
            json!({"edges": way.edges, "steps": steps})
        };
        let starts = found.iter().map(|it| {
            json!({
                "from": self.name(&self.graph.place(it.start)),
                "certain": it.is_certain,
                "ways": it.ways.iter().map(way).collect::<Vec<_>>(),
            })
        });
        json!({
            "schema": "bollwerk.access-paths/v1",
            "goal": self.name(&self.wanted),
            "starts": starts.collect::<Vec<_>>(),
        })
    }

    /// Arrows of all ways, each once, with their reason.
    fn arrows(&self, found: &[Found]) -> BTreeSet<(String, String, String)> {
        let steps = found.iter().flat_map(|it| &it.ways).flat_map(|way| &way.steps);
        steps
            .flat_map(|step| {
                step.from
                    .iter()
                    .map(|from| (self.name(from), self.name(&step.to), self.because(step)))
            })
            .collect()
    }

    fn as_dot(&self, found: &[Found]) -> String {
        let quoted = |text: &str| format!("{text:?}");
        let mut text =
            "digraph paths {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n".to_owned();
        for (from, to, because) in self.arrows(found) {
            let (from, to, because) = (quoted(&from), quoted(&to), quoted(&because));
            text.push_str(&format!("  {from} -> {to} [label={because}];\n"));
        }
        text + "}\n"
    }

    fn as_mermaid(&self, found: &[Found]) -> String {
        let arrows = self.arrows(found);
        let names: BTreeSet<&String> = arrows.iter().flat_map(|(from, to, _)| [from, to]).collect();
        let number = |name: &String| names.iter().position(|it| *it == name).unwrap_or_default();
        // Quotes would end a label, the rest is text to Mermaid.
        let label = |text: &str| text.replace('"', "#quot;");
        let mut text = "flowchart LR\n".to_owned();
        for (place, name) in names.iter().enumerate() {
            text.push_str(&format!("  n{place}[\"{}\"]\n", label(name)));
        }
        for (from, to, because) in &arrows {
            let (from, to) = (number(from), number(to));
            text.push_str(&format!("  n{from} -->|\"{}\"| n{to}\n", label(because)));
        }
        text
    }
}

/// The pods of this name, and those of the objects of this name.
fn pods(world: &World, graph: &Graph, namespace: &str, name: &str) -> Result<Vec<PlaceId>> {
    let is_meant = |id: &model::ObjectId| {
        let object = world.snapshot.object(*id);
        world.snapshot.world(*id) == world.id
            && object.name == name
            && object.namespace == Some(namespace)
    };
    let ids = world.snapshot.ids().filter(is_meant);
    let found: Vec<PlaceId> = ids.filter_map(|id| graph.find(&Place::Pod(id))).collect();
    if found.is_empty() {
        let named = harmless(&format!("{namespace}/{name}"));
        bail!("nothing in the input of the name {named} is a pod or makes pods");
    }
    Ok(found)
}

/// What is not known about a step.
fn unknown(what: Uncertain) -> &'static str {
    match what {
        Uncertain::Groups => "whether the user is in the group (`--groups FILE` says it)",
        Uncertain::RoleNotSeen { .. } => "what the role grants, which was not seen",
        Uncertain::RoleUnreadable { .. } => "what the role grants, which cannot be read",
        Uncertain::Ambiguous { .. } => "which of several objects of one name holds",
        Uncertain::Namespace => "what Pod Security demands: the Namespace is not in the input",
        Uncertain::Placement => "on which node the pod runs",
        Uncertain::CloudTrust => "whether the cloud trusts the service account",
        Uncertain::ControlPlane => "whether the control plane runs on nodes of the cluster",
    }
}

/// A goal as people write it.
fn goal(text: &str) -> Result<Place> {
    let (kind, name) = match text.split_once(':') {
        Some((kind, name)) => (kind, Some(name.to_owned())),
        None => (text, None),
    };
    Ok(match (kind, name) {
        ("cluster-admin", None) => Place::ClusterAdmin,
        ("node", None) => Place::AnyNode,
        ("node", Some(name)) => Place::Node(name),
        ("secrets", namespace) => Place::Secrets(namespace),
        ("namespace", Some(name)) => Place::NamespaceAdmin(Some(name)),
        ("traffic", namespace) => Place::Traffic(namespace),
        ("cloud", Some(identity)) => Place::Cloud(identity),
        _ => {
            return Err(anyhow!(
                "`{}` is no goal; there are cluster-admin, node, node:NAME, secrets, \
                 secrets:NAMESPACE, namespace:NAME, traffic, traffic:NAMESPACE and cloud:IDENTITY",
                harmless(text)
            ));
        }
    })
}

fn print(text: &str) -> Result<()> {
    Ok(anstream::stdout().write_all(text.as_bytes())?)
}
