//! Random versions beside the package managers themselves: `dpkg`, `rpm` and Python's `packaging`;
//! and what must hold of every order.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use package::Scheme;

/// Pairs asked of each package manager, and of the program `dpkg`, which starts anew for each.
const PAIRS: usize = 10_000;
const PROVEN_PAIRS: usize = 100_000;
const DPKG_PAIRS: usize = 1_000;

/// Triples of each scheme that must be in one order.
const TRIPLES: usize = 50_000;

/// One answer a line, for each line `ONE OTHER`: `-1`, `0`, `1`, or `!` for what is no version.
const DPKG: &str = r#"while read -r one other; do
    if dpkg --compare-versions "$one" lt "$other" 2>/dev/null; then echo -1; continue; fi
    dpkg --compare-versions "$one" eq "$other" 2>/dev/null
    case $? in 0) echo 0 ;; 1) echo 1 ;; *) echo ! ;; esac
done"#;
/// dpkg's own Perl library, a second implementation in its sources: quick enough for many pairs.
const DPKG_PERL: &str = r#"
use Dpkg::Version;
while (<STDIN>) {
    my ($one, $other) = map { Dpkg::Version->new($_) } split;
    print(($one->is_valid && $other->is_valid ? $one <=> $other : '!') . "\n");
}
"#;
const RPM: &str = r#"%{lua:
    for line in io.lines() do
        local one, other = line:match("(%S+) (%S+)")
        print(rpm.vercmp(one, other) .. "\n")
    end
}"#;
const PACKAGING: &str = "
import sys
from packaging.version import InvalidVersion, Version
for line in sys.stdin:
    try:
        one, other = map(Version, line.split())
        print((one > other) - (one < other))
    except InvalidVersion:
        print('!')
";

const DPKG_WORDS: [&str; 13] =
    ["~", "+", ".", "-", "a", "b", "Z", "rc", "deb12u", "ubuntu", "1:", "0:", "-1"];

#[test]
fn dpkg_agrees() {
    let mut judge = Command::new("sh");
    judge.args(["-c", DPKG]);
    let (agreed, refused) = beside(Scheme::Dpkg, &DPKG_WORDS, "dpkg", judge);
    assert!(agreed > refused * 4, "{agreed} agreed, {refused} refused");
}

/// What random pairs found, and dpkg was asked about.
#[test]
fn epochs_have_signs_as_in_c() {
    for (one, other, wanted) in [
        ("+1:007", "1:007", Some(Ordering::Equal)),
        ("-0:9-12", "0:9-12", Some(Ordering::Equal)),
        ("-1:9", "0:9", None),
        ("++1:9", "1:9", None),
        (":9", "9", None),
    ] {
        assert_eq!(Scheme::Dpkg.compare(one, other).ok(), wanted, "{one} {other}");
    }
}

#[test]
fn dpkg_in_perl_agrees() {
    let mut judge = Command::new("perl");
    judge.args(["-e", DPKG_PERL]);
    let (agreed, refused) = beside(Scheme::Dpkg, &DPKG_WORDS, "Dpkg::Version", judge);
    assert!(agreed > refused * 4, "{agreed} agreed, {refused} refused");
}

#[test]
fn rpm_agrees() {
    let program = std::env::var_os("BOLLWERK_RPM").unwrap_or_else(|| "rpm".into());
    let mut judge = Command::new(program);
    judge.args(["--eval", RPM]);
    let words = ["~", "^", ".", "-", "a", "b", "Z", "rc", "el9", "_", "+", "git", "module"];
    let (agreed, refused) = beside(Scheme::Rpm, &words, "rpm", judge);
    assert!(agreed > 0 && refused == 0, "{agreed} agreed, {refused} refused");
}

#[test]
fn packaging_agrees() {
    let program = std::env::var_os("BOLLWERK_PYTHON").unwrap_or_else(|| "python3".into());
    let mut judge = Command::new(program);
    judge.args(["-c", PACKAGING]);
    // In the order of the grammar, so that most are versions.
    let words = [
        "1!",
        ".",
        ".",
        "a",
        "b.",
        "rc",
        "_ALPHA",
        "c-",
        "-PREVIEW_",
        ".post",
        "-",
        "rev",
        ".r",
        ".dev",
        "-DEV_",
        "+",
        "+ab.",
    ];
    let (agreed, refused) = beside(Scheme::Pep440, &words, "packaging", judge);
    assert!(agreed * 4 > refused, "{agreed} agreed, {refused} refused");
}

/// Asks both about the same pairs. What the judge refuses, we refuse or order by our older rules.
#[expect(clippy::print_stdout, reason = "the counts are what the proof is about")]
fn beside(scheme: Scheme, words: &[&str], name: &str, judge: Command) -> (usize, usize) {
    let is_proof = std::env::var_os("BOLLWERK_PROVE").is_some();
    let mut random = Random(0x00be_51de);
    let count = match (is_proof, name) {
        (true, _) => PROVEN_PAIRS,
        (false, "dpkg") => DPKG_PAIRS,
        (false, _) => PAIRS,
    };
    let pairs: Vec<(String, String)> = (0..count)
        .map(|_| {
            let one = random.version(words);
            let other =
                if random.below(3) == 0 { random.version(words) } else { random.near(&one, words) };
            (one, other)
        })
        .collect();
    let Some(answers) = ask(&pairs, name, judge) else { return (usize::MAX, 0) };
    assert_eq!(answers.len(), pairs.len(), "{name} answers each line once");
    let (mut agreed, mut refused, mut differences) = (0, 0, Vec::new());
    for ((one, other), answer) in pairs.iter().zip(&answers) {
        let ours = scheme.compare(one, other);
        let wanted = match answer.as_str() {
            "-1" => Ok(Ordering::Less),
            "0" => Ok(Ordering::Equal),
            "1" => Ok(Ordering::Greater),
            // These two take less than we do: one is followed by older rules, the other wants a
            // digit in front.
            _ if matches!(name, "packaging" | "Dpkg::Version") => {
                refused += 1;
                continue;
            }
            _ => {
                refused += 1;
                assert!(ours.is_err(), "{name} refuses {one} {other}, we say {ours:?}");
                continue;
            }
        };
        if ours == wanted {
            agreed += 1;
        } else if name == "Dpkg::Version" && (ours.is_err() || is_long(one) || is_long(other)) {
            // What is refused, and numbers Perl rounds, the program judges.
            refused += 1;
        } else {
            differences.push(format!("{one} {other}: {name} {wanted:?}, ours {ours:?}"));
        }
    }
    println!("{name}: {agreed} agreed, {refused} refused, {} differences", differences.len());
    assert!(differences.is_empty(), "{}", differences[..differences.len().min(20)].join("\n"));
    (agreed, refused)
}

/// Whether a version holds a number that a double cannot.
fn is_long(version: &str) -> bool {
    version.split(|it: char| !it.is_ascii_digit()).any(|digits| digits.len() > 15)
}

/// The judge's answers; none where it is not installed, which under `CI=true` is a failure.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn ask(pairs: &[(String, String)], name: &str, mut judge: Command) -> Option<Vec<String>> {
    let answers =
        judge.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().and_then(|mut child| {
            let mut input = child.stdin.take().expect("a pipe");
            let lines: String =
                pairs.iter().map(|(one, other)| format!("{one} {other}\n")).collect();
            let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
            let output = child.wait_with_output()?;
            writer.join().expect("the writer ends")?;
            if output.status.success() {
                return Ok(output.stdout);
            }
            Err(std::io::Error::other(format!("{name} ended with {}", output.status)))
        });
    match answers {
        Ok(answers) => {
            let text = String::from_utf8(answers).expect("UTF-8");
            Some(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
        }
        Err(error) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{name}: {error}");
            println!("skipped: {name}: {error}");
            None
        }
    }
}

/// The words of each scheme that its rules are about.
const WORDS: [(Scheme, &[&str]); 12] = [
    (Scheme::Apk, &[".", ".", "a", "b", "_alpha", "_rc", "_git", "_p", "-r", "~ab"]),
    (Scheme::Composer, &[".", ".", "-", "dev", "alpha", "b", "RC", "pl", "p"]),
    (Scheme::Cran, &[".", "-", ".", "-"]),
    (Scheme::Dpkg, &["~", "+", ".", "-", "a", "Z", "1:", "0:"]),
    (Scheme::Gem, &[".", "-", "a", "b", "rc", ".pre"]),
    (Scheme::Hackage, &[".", ".", "-tag"]),
    (Scheme::Maven, &[".", "-", "alpha", "b", "m", "rc", "sp", "final", "x", "SNAPSHOT"]),
    (Scheme::Nuget, &[".", ".", "-a", "-B", "+c"]),
    (Scheme::Pep440, &[".", "a", "b", "rc", ".dev", ".post", "+", "-", "x"]),
    (Scheme::Pub, &[".", ".", "-a", "-b.", "+c", "+d."]),
    (Scheme::Rpm, &["~", "^", ".", "-", "a", "Z", "_"]),
    (Scheme::Semver, &[".", ".", "-a", "-b.", "+c"]),
];

/// Schemes whose own rules are no order: they say `a < b`, `b < c` and `c < a` of some versions.
/// apk stops at what is not valid, Maven fills up the shorter version by what the longer one
/// holds.
const NO_ORDER: [Scheme; 2] = [Scheme::Apk, Scheme::Maven];

#[test]
fn every_order_is_one() {
    for (scheme, words) in WORDS {
        let mut random = Random(0x0bad_cafe);
        let (mut compared, mut circles) = (0, Vec::new());
        for _ in 0..TRIPLES {
            let one = random.version(words);
            let other = random.near(&one, words);
            let third = random.near(&other, words);
            let back = scheme.compare(&other, &one).map(Ordering::reverse);
            assert_eq!(scheme.compare(&one, &other).ok(), back.ok(), "{scheme:?} {one} {other}");
            let (Ok(first), Ok(second), Ok(both)) = (
                scheme.compare(&one, &other),
                scheme.compare(&other, &third),
                scheme.compare(&one, &third),
            ) else {
                continue;
            };
            compared += 1;
            let wanted = match (first, second) {
                (Ordering::Equal, order) | (order, Ordering::Equal) => order,
                (first, second) if first == second => first,
                _ => continue,
            };
            if both != wanted {
                circles.push(format!("{one} {other} {third}"));
            }
        }
        assert!(compared > TRIPLES / 20, "{scheme:?}: {compared} triples could be compared");
        let is_known = NO_ORDER.contains(&scheme);
        assert_eq!(is_known, !circles.is_empty(), "{scheme:?}: {:?}", circles.first());
        assert!(circles.len() < TRIPLES / 20, "{scheme:?}: {} circles", circles.len());
    }
}

#[test]
fn long_versions_take_linear_time() {
    // Quadratic comparison of a megabyte would not end within the test's patience.
    for scheme in Scheme::ALL {
        for part in ["1.", "1-", "0", "a", "a1", "~", "1a-", "--", "_rc1", "é", "0-", "1.0-"] {
            let text = format!("1.{}", part.repeat(1_000_000 / part.len()));
            let longer = format!("{text}1");
            let forth = scheme.compare(&text, &longer);
            let back = scheme.compare(&longer, &text);
            assert_eq!(forth.ok(), back.ok().map(Ordering::reverse), "{scheme:?} {part}");
        }
    }
}

/// A small generator, the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn version(&mut self, words: &[&str]) -> String {
        let mut text = self.number();
        let is_ordered = self.below(2) == 0;
        let mut at = 0;
        for _ in 0..self.below(6) {
            let word = words[at + self.below(words.len() - at)];
            // Half of them in the order of the words.
            at = if is_ordered { words.iter().position(|it| *it == word).unwrap_or(0) } else { 0 };
            // An epoch stands in front, if at all.
            if word.ends_with([':', '!']) {
                text.insert_str(0, word);
                continue;
            }
            text.push_str(word);
            if self.below(4) > 0 {
                text.push_str(&self.number());
            }
        }
        text
    }

    fn number(&mut self) -> String {
        let numbers =
            ["0", "1", "2", "9", "10", "00", "01", "007", "20240101", "18446744073709551616"];
        numbers[self.below(numbers.len())].to_owned()
    }

    /// A version that differs in one place, which is where orders go wrong.
    fn near(&mut self, version: &str, words: &[&str]) -> String {
        let mut places: Vec<usize> = version.char_indices().map(|(at, _)| at).collect();
        places.push(version.len());
        let at = places[self.below(places.len())];
        let (before, behind) = version.split_at(at);
        match self.below(4) {
            0 => format!("{before}{}{behind}", words[self.below(words.len())]),
            1 => format!("{before}{}{behind}", self.number()),
            2 if before.len() > 1 && !behind.is_empty() => format!("{before}{}", &behind[1..]),
            _ if before.is_empty() => version.to_owned(),
            _ => before.to_owned(),
        }
    }
}
