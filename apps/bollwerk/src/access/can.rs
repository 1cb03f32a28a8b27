//! `bollwerk access can`: yes, no or unknown, and why.

use std::io::Write;

use anyhow::Result;
use engine::rbac::{Answer, Grant, NearMiss, NodeGrant, Part, Proof, Request, Unknown, WhyNot};
use report::harmless;
use serde_json::{Value, json};

use super::wording::{BOLD, DIM, GREEN, RED, YELLOW, print_json, rule, shown};
use super::{Asked, NO, UNKNOWN, World};
use crate::arguments::{AccessFormat, Can};

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Can) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let asked = world.asked(&arguments.question)?;
    let namespace = arguments.question.namespace.as_deref().unwrap_or_default();
    let request = asked.request(namespace);
    let identity = arguments.subject.identity(world.memberships.as_ref());
    let answer = world.authorizer.can(&identity, &request);
    let nearest =
        matches!(answer, Answer::Denied(_)).then(|| world.authorizer.why_not(&identity, &request));
    let told = Told { world: &world, arguments, asked: &asked, request, answer, nearest };
    match arguments.format {
        AccessFormat::Json => print_json(&told.as_json())?,
        AccessFormat::Terminal => {
            let mut out = anstream::stdout();
            told.as_text(&mut out)?;
            out.flush()?;
        }
    }
    Ok(told.verdict().1)
}

struct Told<'a> {
    world: &'a World,
    arguments: &'a Can,
    asked: &'a Asked<'a>,
    request: Request<'a>,
    answer: Answer,
    nearest: Option<WhyNot>,
}

impl Told<'_> {
    /// The answer in a word, and the code to exit with. A no is only as good as what was read.
    fn verdict(&self) -> (&'static str, u8) {
        match self.answer {
            Answer::Allowed(_) => ("yes", 0),
            Answer::Denied(_) if self.world.gaps.is_empty() => ("no", NO),
            Answer::Denied(_) | Answer::Unknown(_) => ("unknown", UNKNOWN),
        }
    }

    fn as_text(&self, out: &mut dyn Write) -> Result<()> {
        let (word, _) = self.verdict();
        let (style, may) = match word {
            "yes" => (GREEN, "may"),
            "no" => (RED, "may not"),
            _ => (YELLOW, "may perhaps"),
        };
        let subject = harmless(&self.arguments.subject.to_string());
        let (action, place) = (self.asked.action(), self.asked.place());
        writeln!(out, "{style}{word}{style:#}: {BOLD}{subject}{BOLD:#} {may} {action}{place}\n")?;
        match &self.answer {
            Answer::Allowed(proof) => self.proof(proof, out),
            Answer::Unknown(reasons) => {
                writeln!(out, "It depends on what is not known:")?;
                for reason in reasons {
                    writeln!(out, "  - {}", self.world.unknown(reason))?;
                    self.unknown_place(reason, out)?;
                }
                Ok(())
            }
            Answer::Denied(denial) => {
                if !self.world.gaps.is_empty() {
                    let number = self.world.gaps.len();
                    writeln!(
                        out,
                        "Nothing that was read allows it; {number} things could not be read."
                    )?;
                }
                self.near_misses(denial.bindings, out)
            }
        }
    }

    fn unknown_place(&self, reason: &Unknown, out: &mut dyn Write) -> Result<()> {
        let place = match reason {
            Unknown::Group { grant, .. } | Unknown::Ambiguous(grant) => {
                self.world.place_of_binding(grant)
            }
            Unknown::RoleNotSeen { binding, .. } | Unknown::RoleUnreadable { binding, .. } => {
                self.world.origin(self.world.authorizer.binding(*binding).source)
            }
            _ => return Ok(()),
        };
        writeln!(out, "    {DIM}{}{DIM:#}", shown(place.as_ref()))?;
        Ok(())
    }

    fn proof(&self, proof: &Proof, out: &mut dyn Write) -> Result<()> {
        match proof {
            Proof::Masters => {
                writeln!(out, "Group system:masters may do everything, whatever RBAC says.")?;
            }
            Proof::Node(grant) => writeln!(out, "The Node authorizer: {}.", node(*grant))?,
            Proof::Grant(grant) => self.tree(grant, out)?,
        }
        Ok(())
    }

    fn tree(&self, grant: &Grant, out: &mut dyn Write) -> Result<()> {
        let world = self.world;
        let binding = shown(world.place_of_binding(grant).as_ref());
        let role = world.origin(world.authorizer.role(grant.role).source);
        writeln!(out, "{}  {DIM}{binding}{DIM:#}", world.binding_name(grant.binding))?;
        writeln!(out, "│  names {}", world.subject_name(grant.binding, grant.subject))?;
        writeln!(out, "└─ {}  {DIM}{}{DIM:#}", world.role_name(grant.role), shown(role.as_ref()))?;
        let mut indent = "   ";
        if grant.origin != grant.role {
            let origin = world.origin(world.authorizer.role(grant.origin).source);
            writeln!(
                out,
                "   └─ takes over {}  {DIM}{}{DIM:#}",
                world.role_name(grant.origin),
                shown(origin.as_ref())
            )?;
            indent = "      ";
        }
        let text = world.authorizer.rule(grant.origin, grant.rule).map(|it| rule(&it));
        let place = shown(world.place_of_rule(grant).as_ref());
        let (number, text) = (grant.rule + 1, text.unwrap_or_default());
        writeln!(out, "{indent}└─ rule {number}: {text}  {DIM}{place}{DIM:#}")?;
        Ok(())
    }

    fn near_misses(&self, bindings: usize, out: &mut dyn Write) -> Result<()> {
        let nearest: Vec<_> = self.nearest().collect();
        if nearest.is_empty() {
            let what = if bindings == 0 {
                "No binding that holds there names it."
            } else {
                "No rule it holds comes near."
            };
            writeln!(out, "{what}")?;
            return Ok(());
        }
        writeln!(out, "What comes closest:")?;
        let least = nearest[0].parts.len();
        for miss in nearest.iter().filter(|miss| miss.parts.len() == least).take(3) {
            let grant = &miss.grant;
            let (binding, role) =
                (self.world.binding_name(grant.binding), self.world.role_name(grant.role));
            let place = shown(self.world.place_of_rule(grant).as_ref());
            let text = self.world.authorizer.rule(grant.origin, grant.rule).map(|it| rule(&it));
            writeln!(out, "  {binding} → {role}  {DIM}{place}{DIM:#}")?;
            writeln!(out, "  └─ rule {}: {}", grant.rule + 1, text.unwrap_or_default())?;
            let parts: Vec<String> =
                miss.parts.iter().map(|part| self.differs(*part, grant)).collect();
            writeln!(out, "     but {}", parts.join(", and "))?;
        }
        Ok(())
    }

    /// Rules that come near. What is on paths does not come near to a resource.
    fn nearest(&self) -> impl Iterator<Item = &NearMiss> {
        let misses = self.nearest.iter().flat_map(|it| &it.nearest);
        misses.filter(|miss| {
            let rule = self.world.authorizer.rule(miss.grant.origin, miss.grant.rule);
            let is_on_paths = rule.is_some_and(|rule| !rule.non_resource_urls.is_empty());
            is_on_paths == self.asked.resource.is_none()
        })
    }

    fn differs(&self, part: Part, grant: &Grant) -> String {
        match part {
            Part::Verb => format!("not the verb {}", harmless(self.request.verb())),
            Part::ApiGroup => "not in this API group".to_owned(),
            Part::Resource => "not this resource".to_owned(),
            Part::ResourceName if self.arguments.question.name.is_none() => {
                "only for objects it names".to_owned()
            }
            Part::ResourceName => "not this name".to_owned(),
            Part::Path => "not this path".to_owned(),
            Part::Namespace => {
                let namespace = self.world.authorizer.binding(grant.binding).namespace;
                format!("only in namespace {}", harmless(namespace.unwrap_or_default()))
            }
        }
    }

    fn as_json(&self) -> Value {
        let world = self.world;
        let question = &self.arguments.question;
        let resource = self.asked.resource.as_ref();
        let (proof, unknown) = match &self.answer {
            Answer::Allowed(Proof::Masters) => (json!({"by": "system:masters"}), &[][..]),
            Answer::Allowed(Proof::Node(grant)) => {
                (json!({"by": "node-authorizer", "reason": node(*grant)}), &[][..])
            }
            Answer::Allowed(Proof::Grant(grant)) => {
                (json!({"by": "rbac", "grant": world.grant_as_json(grant)}), &[][..])
            }
            Answer::Denied(_) => (Value::Null, &[][..]),
            Answer::Unknown(unknown) => (Value::Null, unknown.as_slice()),
        };
        let nearest = self.nearest().map(|miss| {
            let differs: Vec<_> = miss.parts.iter().map(|part| part_name(*part)).collect();
            json!({"differs": differs, "grant": world.grant_as_json(&miss.grant)})
        });
        json!({
            "schema": "bollwerk.access-can/v1",
            "kubernetesVersion": world.authorizer.version().to_string(),
            "subject": self.arguments.subject.to_string(),
            "verb": question.verb,
            "resource": resource.map(|it| it.resource.as_str()),
            "apiGroup": resource.map(|it| it.api_group.as_str()),
            "subresource": resource.map(|it| it.subresource.as_str()).filter(|it| !it.is_empty()),
            "path": resource.is_none().then_some(question.resource.as_str()),
            "name": question.name,
            "namespace": question.namespace,
            "answer": self.verdict().0,
            "proof": proof,
            "nearest": nearest.collect::<Vec<_>>(),
            "unknown": unknown.iter().map(|it| world.unknown_as_json(it)).collect::<Vec<_>>(),
            "gaps": world.gaps.len(),
            "warning": resource.and_then(|it| it.warning.as_deref()),
        })
    }
}

pub(super) fn node(grant: NodeGrant) -> &'static str {
    match grant {
        NodeGrant::Rule(_) => "every node may",
        NodeGrant::Own => "it is the node's own object",
        NodeGrant::Related => "a pod on the node refers to the object",
        NodeGrant::Selected => "it selects only what is on the node",
        NodeGrant::ByAdmission => "every node may ask, and NodeRestriction keeps it to its own",
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Verb => "verb",
        Part::ApiGroup => "apiGroup",
        Part::Resource => "resource",
        Part::ResourceName => "resourceName",
        Part::Path => "path",
        Part::Namespace => "namespace",
    }
}
