//! Elixir and Erlang.
//!
//! Source: `lib/mix/lib/mix/dep/lock.ex` and `lib/hex/lib/hex/scm.ex` of Elixir's Mix and Hex, and
//! `rebar_config.erl` of rebar3.

use package::{Kind, Package};

/// `mix.lock`: a package a line, `"a": {:hex, :a, "1.0.0", …}`; what comes from git has no version.
pub(super) fn mix(text: &str) -> Vec<Package> {
    let of = |line: &str| {
        let (_, rest) = line.split_once("{:hex, :")?;
        let (name, rest) = rest.split_once(", \"")?;
        let (version, _) = rest.split_once('"')?;
        super::is_version(version).then(|| Package::new(Kind::Hex, name.trim_matches('"'), version))
    };
    text.lines().filter_map(of).collect()
}

/// `rebar.lock`: `{<<"a">>,{pkg,<<"a">>,<<"1.0.0">>,…},0}`, over any lines.
pub(super) fn rebar(text: &str) -> Vec<Package> {
    let of = |entry: &str| {
        let mut texts = entry.split("<<\"").skip(1).filter_map(|it| Some(it.split_once('"')?.0));
        let (name, version) = (texts.next()?, texts.next()?);
        super::is_version(version).then(|| Package::new(Kind::Hex, name, version))
    };
    text.split("{pkg,").skip(1).filter_map(of).collect()
}
