//! `bollwerk image scan`: what of an image's vulnerabilities has to be acted on.

use std::fs;
use std::path::Path;

use advisory::sources::end_of_life::End;
use advisory::{Database, Date};
use anyhow::{Context, Result, anyhow, bail};
use gate::{Breaking, Class, Exposure, Finding, KEYS, Policy, Why, foundation, upgrades};
use model::DigestKey;
use model::config::Section;
use serde_json::{Value, json};

use super::bases::Bases;
use super::findings::{Findings, find};
use super::fleet::Fleet;
use super::fleet_text::{self, Judged};
use super::html::{self, Frame};
use super::input::{self, Input, Load};
use super::sarif::Sarif;
use super::text::{self, Shown};
use super::{FAILED, UNKNOWN, ranking, secrets, vex};
use crate::arguments::{FindingsFormat, ImageGapKind, ImageScan};
use crate::console::print_json;
use crate::db::Chosen;
use crate::inputs::digest_key;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &ImageScan) -> Result<u8> {
    let policy = arguments.policy.as_deref().map_or_else(|| Ok(Policy::default()), policy)?;
    let chosen = Chosen::of(&arguments.database)?;
    let database = chosen.open()?;
    let stated = vex::Documents::read(&arguments.vex)?;
    let now = arguments.now.unwrap_or_else(jiff::Timestamp::now);
    let today = Date::parse(&now.to_string()).context("`--now` is before 1970")?;
    // What a policy fails on is looked for, asked for or not.
    let key = (arguments.secrets || policy.secrets.is_some()).then(digest_key);
    let scan = Scan { arguments, policy, chosen: &chosen, database, stated, now, today, key };
    let is_deployment = !arguments.from_manifests.is_empty() || arguments.from_snapshot.is_some();
    match &arguments.images[..] {
        [only] if !is_deployment => scan.one(only),
        _ => scan.fleet(),
    }
}

/// What is asked, and what it is judged by.
struct Scan<'a> {
    arguments: &'a ImageScan,
    policy: Policy,
    chosen: &'a Chosen,
    database: Database<'a>,
    /// What VEX documents state.
    stated: vex::Documents,
    now: jiff::Timestamp,
    today: Date,
    /// Makes the digests of credentials; none if nobody looks for them.
    key: Option<DigestKey>,
}

impl Scan<'_> {
    fn one(&self, reference: &str) -> Result<u8> {
        let input = Input::load(reference, self.how())?;
        let found = self.find(&input, Exposure::Unknown);
        let inputs = Bases::load(&self.arguments.base, &self.arguments.reading)?;
        let judged = inputs.judged(|input| self.find(input, Exposure::Unknown));
        let bases = judged.bases();
        let foundation = foundation(&input.contents, &found.findings, &bases);
        let mut gaps = found.gaps.clone();
        gaps.extend(judged.gaps(foundation.as_ref()));
        input::tell(&gaps);
        let shown = Shown { input: &input, found: &found, foundation: foundation.as_ref() };
        let all = [(&input, &found)];
        let code = self.code(&all, &gaps);
        match self.arguments.format {
            FindingsFormat::Sarif => print_json(&self.as_sarif(&all, &gaps, code))?,
            FindingsFormat::Json => {
                let mut document = json!({"schema": "bollwerk.image-scan/v1"});
                self.describe(shown, &mut document);
                document["day"] = json!(self.today.to_string());
                document["database"] = self.chosen.as_json();
                print_json(&document)?;
            }
            FindingsFormat::Terminal => {
                text::print(shown, &self.policy, self.today, self.arguments.all)?;
                anstream::eprintln!("advisories: {}", self.chosen.words());
            }
            FindingsFormat::Html => write_page(&html::of_image(shown, &gaps, &self.frame(code)))?,
            FindingsFormat::OpenVex => self.print_statements(&input, &found)?,
        }
        Ok(code)
    }

    fn fleet(&self) -> Result<u8> {
        let fleet = Fleet::load(self.arguments, self.how())?;
        let judged: Vec<Judged<'_>> = fleet
            .images
            .iter()
            .map(|it| {
                let input = it.input.as_ref().ok();
                (it, input.map(|input| self.find(input, it.exposure())))
            })
            .collect();
        let mut gaps = fleet.gaps.clone();
        for (image, found) in &judged {
            let name = image.references.first().map_or("", String::as_str);
            if let Err(reason) = &image.input {
                gaps.push((ImageGapKind::Unreadable, format!("{name}: {reason}")));
            }
            let of_image = found.iter().flat_map(|it| &it.gaps);
            gaps.extend(of_image.map(|(kind, text)| (*kind, format!("{name}: {text}"))));
        }
        input::tell(&gaps);
        let found: Vec<(&Input, &Findings<'_>)> = judged
            .iter()
            .filter_map(|(image, it)| Some((&**image.input.as_ref().ok()?, it.as_ref()?)))
            .collect();
        let code = self.code(&found, &gaps);
        match self.arguments.format {
            FindingsFormat::Sarif => print_json(&self.as_sarif(&found, &gaps, code))?,
            FindingsFormat::Json => print_json(&self.fleet_as_json(&judged, &fleet.gaps))?,
            FindingsFormat::Terminal => {
                fleet_text::print(&judged, self.arguments.all)?;
                anstream::eprintln!("advisories: {}", self.chosen.words());
            }
            FindingsFormat::Html => {
                write_page(&html::of_fleet(&judged, &gaps, &self.frame(code)))?;
            }
            FindingsFormat::OpenVex => match &found[..] {
                [(input, found)] => self.print_statements(input, found)?,
                _ => bail!("`--format openvex` speaks of one image: name one"),
            },
        }
        Ok(code)
    }

    fn how(&self) -> Load<'_> {
        let (reading, secrets) = (&self.arguments.reading, self.key.as_ref());
        Load { reading, secrets, attached: self.stated.attached }
    }

    fn frame(&self, code: u8) -> Frame<'_> {
        let advisories = self.chosen.words();
        Frame { policy: &self.policy, today: self.today, advisories, code }
    }

    fn as_sarif(
        &self,
        images: &[(&Input, &Findings<'_>)],
        gaps: &[(ImageGapKind, String)],
        code: u8,
    ) -> Value {
        let mut sarif = Sarif::default();
        for (input, found) in images {
            sarif.vulnerabilities(input, found, &self.policy);
            if let Some(ended) = &found.ended {
                sarif.end_of_support(input, ended);
            }
            if let Some(searched) = &input.secrets {
                sarif.credentials(&input.name, Some(&input.digest), searched);
            }
        }
        sarif.document(gaps, code)
    }

    fn print_statements(&self, input: &Input, found: &Findings<'_>) -> Result<()> {
        let author = &self.arguments.author;
        print_json(&vex::written(input, found, &self.policy, author, self.now))
    }

    /// Every finding that is asked for, of an image that is reached by these.
    fn find<'i>(&'i self, input: &'i Input, exposure: Exposure) -> Findings<'i> {
        let mut found = find(input, &self.database, &self.policy, self.today, exposure);
        self.stated.apply(input, &mut found);
        if let Some(wanted) = &self.arguments.vulnerability {
            found.findings.retain(|it| {
                let (matched, advisory) = (&it.matched, &it.matched.advisory);
                let names = [matched.vulnerability, advisory.id].into_iter();
                let mut names = names.chain(matched.also.iter().copied()).chain(advisory.aliases());
                names.any(|name| name.to_string().eq_ignore_ascii_case(wanted))
            });
        }
        found
    }

    fn code(&self, found: &[(&Input, &Findings<'_>)], gaps: &[(ImageGapKind, String)]) -> u8 {
        let breaks = |it: &Finding<'_>| it.class.breaks(self.policy.breaking);
        let is_too_old = |input: &Input, it: &Findings<'_>| {
            self.policy.breaking >= Breaking::Act
                && text::age(input, it, &self.policy, self.today).is_some_and(|it| it.is_too_old)
        };
        let is_accepted = |kind| self.arguments.accept_gap.contains(&kind);
        let has_secret = |input: &Input| {
            let searched = input.secrets.as_ref().zip(self.policy.secrets);
            searched.is_some_and(|(it, least)| it.reaches(least))
        };
        let fails = |(input, it): &(&Input, &Findings<'_>)| {
            let has_ended =
                it.ended.as_ref().is_some_and(|it| it.class.breaks(self.policy.breaking));
            let finding = it.findings.iter().any(breaks);
            finding || has_ended || is_too_old(input, it) || has_secret(input)
        };
        match () {
            () if found.iter().any(fails) => FAILED,
            () if gaps.iter().any(|(kind, _)| !is_accepted(*kind)) => UNKNOWN,
            () => 0,
        }
    }

    fn fleet_as_json(&self, judged: &[Judged<'_>], gaps: &[(ImageGapKind, String)]) -> Value {
        let images = judged.iter().map(|(image, found)| {
            let mut document = json!({
                "references": image.references,
                "workloads": image.workloads.iter().map(|it| json!({
                    "kind": it.kind,
                    "namespace": it.namespace,
                    "name": it.name,
                    "containers": it.containers,
                    "exposure": it.exposure.name(),
                })).collect::<Vec<_>>(),
            });
            match (&image.input, found) {
                (Ok(input), Some(found)) => {
                    self.describe(Shown { input, found, foundation: None }, &mut document);
                }
                (Err(reason), _) => document["notRead"] = json!(reason),
                _ => {}
            }
            document
        });
        json!({
            "schema": "bollwerk.image-fleet/v1",
            "day": self.today.to_string(),
            "database": self.chosen.as_json(),
            "images": images.collect::<Vec<_>>(),
            "gaps": as_json(gaps),
        })
    }

    /// An image and what was found in it.
    fn describe(&self, shown: Shown<'_>, document: &mut Value) {
        let Shown { input, found, foundation } = shown;
        let steps = upgrades(&found.findings);
        let steps = steps.iter().map(|it| {
            json!({
                "kind": it.kind.purl_type(),
                "package": it.name,
                "from": it.from,
                "to": it.to,
                "mends": it.mends,
                "urgent": it.urgent,
                "worst": it.worst.name(),
            })
        });
        document["image"] = json!({
            "name": input.name,
            "digest": input.digest,
            "created": input.created,
            "distribution": input.distribution.as_ref().map(|it| {
                json!({"id": it.id, "version": it.version_id})
            }),
            "packages": input.packages.len(),
        });
        let findings = found
            .findings
            .iter()
            .map(|it| found.stated.annotated(finding(it, &self.policy, found.exposure), it));
        let age = text::age(input, found, &self.policy, self.today);
        document["age"] = json!(age.map(|it| {
            json!({"days": it.days, "fixesSince": it.fixes_since, "isTooOld": it.is_too_old})
        }));
        document["endOfSupport"] = json!(found.ended.as_ref().map(|it| {
            let (days, why) = days_and_why(it.class);
            json!({
                "endedOn": it.on.map(|day| day.to_string()),
                "extendedUntil": match it.extended {
                    End::On(day) => Some(day.to_string()),
                    End::Open => Some("open".to_owned()),
                    End::Past | End::Unknown => None,
                },
                "class": text::class_name(it.class),
                "daysLeft": days,
                "why": why,
            })
        }));
        document["base"] = json!(foundation.map(|it| {
            json!({
                "name": it.base.name,
                "findings": it.findings,
                "newer": it.newer.map(|it| {
                    json!({"name": it.base.name, "mends": it.mends, "urgent": it.urgent})
                }),
            })
        }));
        document["secrets"] = json!(input.secrets.as_ref().map(secrets::as_json));
        document["findings"] = findings.collect();
        document["upgrades"] = steps.collect();
        document["gaps"] = as_json(&found.gaps);
    }
}

fn as_json(gaps: &[(ImageGapKind, String)]) -> Value {
    let mut all = Vec::new();
    for (kind, message) in gaps {
        all.push(json!({"kind": text::gap_name(*kind), "message": message}));
    }
    Value::Array(all)
}

fn policy(path: &Path) -> Result<Policy> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
    let read = Section::file(&stream, KEYS).and_then(Policy::read);
    read.map_err(|error| anyhow!("{shown}:{error}"))
}

/// Days that are left, below 0 those that are overdue; and what makes the class what it is.
fn days_and_why(class: Class) -> (Option<i64>, Option<&'static str>) {
    match class {
        Class::Act(Why::KnownExploited) => (None, Some("known-exploited")),
        Class::Act(Why::Overdue(days)) => (Some(-i64::from(days)), Some("overdue")),
        Class::Act(Why::Undated) => (None, Some("undated")),
        Class::Grace(left) => (left.map(i64::from), None),
        Class::Waiting(status) => (None, Some(status.name())),
        Class::Accepted(_) => (None, None),
        Class::NotAffected(_) => (None, Some("vex")),
    }
}

fn write_page(page: &report::ImagePage<'_>) -> Result<()> {
    report::render_images(page, &mut std::io::stdout().lock())?;
    Ok(())
}

fn finding(it: &Finding<'_>, policy: &Policy, exposure: Exposure) -> Value {
    let matched = &it.matched;
    let exception = |at: usize| policy.exceptions.get(at);
    let (days, why) = days_and_why(it.class);
    let rank = ranking::rank_of(it, exposure);
    let accepted = match it.class {
        Class::Accepted(at) => exception(at),
        _ => None,
    };
    json!({
        "vulnerability": matched.vulnerability.to_string(),
        "advisory": matched.advisory.id.to_string(),
        "also": matched.also.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "package": it.package.purl().to_string(),
        "foundIn": it.package.found_in.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        "fixed": matched.fixed,
        "status": matched.status.name(),
        "severity": matched.rating.name(),
        "summary": matched.advisory.summary(),
        "published": matched.published.map(|it| it.to_string()),
        "class": text::class_name(it.class),
        "daysLeft": days,
        "why": why,
        "knownExploitedSince": it.exploitation.known_since.map(|it| it.to_string()),
        "rank": json!({"score": rank.score, "reason": rank.reason()}),
        "epss": it.exploitation.epss.map(|it| f64::from(it) / 10_000.0),
        "acceptedBy": accepted.map(|it| json!({"owner": it.owner, "reason": it.reason,
            "until": it.expires.to_string()})),
        "exceptionExpired": it.expired.and_then(exception).map(|it| it.expires.to_string()),
    })
}
