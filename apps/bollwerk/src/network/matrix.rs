//! `bollwerk network matrix`: which workload reaches which, as a table or a picture.

use std::io::Write;

use anyhow::Result;

use super::table::{Kind, Table};
use super::{UNKNOWN, World, matrix_picture};
use crate::arguments::{NetworkGraphFormat, NetworkMatrix};
use crate::console::print_json;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &NetworkMatrix) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let table = Table::new(&world, arguments.namespace.as_deref())?;
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match arguments.format {
        NetworkGraphFormat::Json => print_json(&table.as_json(&world))?,
        NetworkGraphFormat::Csv => table.as_csv(&mut out)?,
        NetworkGraphFormat::Dot => table.as_dot(&mut out)?,
        NetworkGraphFormat::Mermaid => table.as_mermaid(&mut out)?,
        NetworkGraphFormat::Svg => out.write_all(matrix_picture::svg(&table).as_bytes())?,
        NetworkGraphFormat::Terminal => table.as_text(arguments, &mut out)?,
    }
    out.flush()?;
    let is_unknown = table.cells.iter().flatten().any(|cell| cell.kind() == Kind::Unknown);
    Ok(if is_unknown || !world.gaps.is_empty() { UNKNOWN } else { 0 })
}
