//! `bollwerk network map`: the neighbourhood of a namespace, as a picture or as lines.

use std::io::Write;

use anyhow::Result;

use super::neighbourhood::Map;
use super::{UNKNOWN, World, map_picture};
use crate::arguments::{MapFormat, NetworkMap};

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &NetworkMap) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let map = Map::new(&world, &arguments.namespace)?;
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match arguments.format {
        MapFormat::Svg => out.write_all(map_picture::svg(&map).as_bytes())?,
        MapFormat::Html => out.write_all(map_picture::html(&map).as_bytes())?,
        MapFormat::Terminal => map.as_text(&mut out)?,
    }
    out.flush()?;
    let is_unknown = map.links().any(|link| link.is_doubtful);
    Ok(if is_unknown || !world.gaps.is_empty() { UNKNOWN } else { 0 })
}
